import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  div,
  grad,
  hessian,
  jacobian,
  linalg,
  matmul,
  mul,
  norm,
  outer,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { real } from '../laws/draws.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import {
  labelsFor,
  type SmallParameters,
  smallForward,
  smallNetwork,
} from '../laws/small-network.ts';
import { klOfLogits } from './kl-of-logits.ts';
import {
  localDistributionalSmoothness,
  vat,
  vatPerturbation,
} from './virtual-adversarial-training.ts';

/** Rows that are orthogonal to no other drawn row but by an accident that does not happen. */
const uneven = (d: Tensor): Tensor =>
  mul(d, tensor(Float64Array.from({ length: d.shape[1]! }, (_, k) => Math.sqrt(k + 1))));

/** A small network, rows for it, and what perturbs the rows. */
export interface PerturbedNetwork {
  readonly p: SmallParameters;
  /** `[n, inputs]` */
  readonly x: Tensor;
  /** The network with other parameters. */
  readonly forwardWith: (q: SmallParameters, rows: Tensor) => Tensor;
  readonly f: (rows: Tensor) => Tensor;
  /** A first direction. */
  readonly d0: Tensor;
  readonly epsilon: number;
  readonly rounds: number;
  readonly unlabelled: Tensor;
  /** `[n]` */
  readonly y: Tensor;
}

/** Draws a network. */
export function perturbedNetwork(draw: CaseDraw): PerturbedNetwork {
  const { p, act, x } = smallNetwork(draw);
  return {
    p,
    x,
    forwardWith: (q, rows) => smallForward(q, act, rows),
    f: (rows) => smallForward(p, act, rows),
    d0: uneven(draw.tensor(x.shape, { avoid: [0] })),
    epsilon: real(draw, 0.05, 2),
    rounds: draw.integer(0, 3),
    unlabelled: draw.tensor([2, x.shape[1]!]),
    y: labelsFor(draw, x, p.b2.size),
  };
}

const networks = drawn(perturbedNetwork);

/** Softmax regression at one input, whose Hessian of the divergence is `W^T (diag p - p p^T) W`. */
const regressions = drawn((draw) => {
  const [classes, d] = [draw.integer(2, 4), draw.integer(1, 4)];
  return {
    w: draw.tensor([classes, d], { distinct: true }),
    x: draw.tensor([1, d], { min: -1, max: 1 }),
    d0: draw.tensor([1, d], { avoid: [0] }),
    rounds: draw.integer(1, 30),
  };
});

/** Softmax regression: the outputs of a linear map. */
export const logits =
  (w: Tensor): ((rows: Tensor) => Tensor) =>
  (rows) =>
    matmul(rows, transpose(w));

/** `J^T (diag p - p p^T) J`. */
function curvature(p: Tensor, j: Tensor): Tensor {
  const spread = sub(mul(p.reshape([-1, 1]), j), matmul(outer(p, p), j));
  return matmul(transpose(j), spread);
}

/** Of the angle between two lines. */
export const cosine = (a: Tensor, b: Tensor): number =>
  Math.min(1, Math.abs(sum(mul(a, b)).item()) / (norm(a).item() * norm(b).item()));

/** What the perturbations of virtual adversarial training promise. */
export const vatPerturbationLaws: readonly Law[] = [
  law({
    id: 'virtual-adversarial-training/stationary-at-zero',
    statement:
      'At r = 0 the divergence and its gradient are 0, and its Hessian is J^T (diag p - p p^T) J.',
    cases: networks,
    slack: ({ x, f }) => {
      const one = slice(x, [{ stop: 1 }]);
      const d = one.shape[1]!;
      const target = f(one);
      const change = (r: Tensor): Tensor =>
        sum(klOfLogits(target, f(add(one, reshape(r, [1, d])))));
      const zero = zerosLike(reshape(one, [d]));
      const j = jacobian((r: Tensor) => reshape(f(add(one, reshape(r, [1, d]))), [-1]))(zero);
      const want = curvature(reshape(softmax(target), [-1]), j);
      return Math.min(
        near(change(zero), 0, 1e-15),
        near(grad(change)(zero), zero, 1e-13),
        near(hessian(change)(zero), want, 1e-11),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'virtual-adversarial-training/power-iteration',
    statement:
      'For softmax regression the tangent of the angle to the top eigenvector of W^T (diag p - p p^T) W shrinks by at least the ratio of the first two eigenvalues per round.',
    cases: regressions,
    slack: ({ w, x, d0, rounds }) => {
      const h = curvature(reshape(softmax(logits(w)(x)), [-1]), w);
      const { values: eigenvalues, vectors } = linalg.eigh(h);
      const values = Array.from(eigenvalues.data());
      const d = values.length;
      const top = slice(vectors, [null, { start: d - 1 }]);
      const ratio = d === 1 ? 0 : Math.max(values[d - 2]!, 0) / values[d - 1]!;
      const tangent = (v: Tensor): number => {
        const along = norm(matmul(v, top)).item();
        const across = norm(sub(v, matmul(matmul(v, top), transpose(top)))).item();
        return across / along;
      };
      const r = vatPerturbation(logits(w), x, { epsilon: 1, nPowerIterations: rounds, d0 });
      // Roundings of a round are relative to the largest eigenvalue.
      return atMost(tangent(r), ratio ** rounds * tangent(d0) + 1e-9 * (1 + tangent(d0)), 1e-6);
    },
    effort: 0.15,
  }),
  law({
    id: 'virtual-adversarial-training/two-classes',
    statement:
      'With two classes the direction is that of the difference of their weights after one round from any start not orthogonal to it.',
    cases: drawn((draw) => {
      const d = draw.integer(1, 4);
      return {
        w: draw.tensor([2, d], { distinct: true }),
        x: draw.tensor([1, d], { min: -1, max: 1 }),
        d0: draw.tensor([1, d]),
      };
    }),
    slack: ({ w, x, d0 }) => {
      const difference = sub(slice(w, [{ start: 1 }]), slice(w, [{ stop: 1 }]));
      const start = cosine(difference, d0);
      if (!(start > 1e-3)) return 1;
      const r = vatPerturbation(logits(w), x, { epsilon: 2, d0 });
      return Math.min(near(cosine(r, difference), 1, 1e-10), near(norm(r), 2, 1e-12));
    },
  }),
  law({
    id: 'virtual-adversarial-training/quadratic',
    statement: 'For small perturbations the divergence is r^T H r / 2 up to O(||r||^3).',
    cases: regressions,
    slack: ({ w, x, d0 }) => {
      const epsilon = 1e-4;
      const r = vatPerturbation(logits(w), x, { epsilon, d0 });
      const h = curvature(reshape(softmax(logits(w)(x)), [-1]), w);
      const half = sum(mul(r, matmul(r, h))).item() / 2;
      const lds = localDistributionalSmoothness(logits(w), x, r).item();
      // Third derivatives of the divergence are at most those of three factors ||W||.
      const scale = (1 + norm(w).item()) ** 3;
      return near(lds / epsilon ** 2 / scale, half / epsilon ** 2 / scale, 2 * epsilon);
    },
  }),
  law({
    id: 'virtual-adversarial-training/sign',
    statement: 'Turning the first direction round turns the perturbation round, and nothing else.',
    cases: networks,
    slack: ({ x, f, d0, epsilon, rounds }) => {
      const options = { epsilon, nPowerIterations: rounds };
      const [one, other] = [d0, d0.neg()].map((start) =>
        vatPerturbation(f, x, { ...options, d0: start }),
      );
      return near(one!, other!.neg(), 1e-12);
    },
    effort: 0.5,
  }),
  law({
    id: 'virtual-adversarial-training/length',
    statement:
      'Every perturbation has length epsilon, whatever the length of the first direction; without rounds it is that direction.',
    cases: networks,
    slack: ({ x, f, d0, epsilon, rounds }) => {
      const options = { epsilon, nPowerIterations: rounds };
      const r = vatPerturbation(f, x, { ...options, d0 });
      const tiny = vatPerturbation(f, x, { ...options, d0: d0.mul(2 ** -600) });
      const huge = vatPerturbation(f, x, { ...options, d0: d0.mul(2 ** 600) });
      const start = vatPerturbation(f, x, { epsilon, nPowerIterations: 0, d0 });
      const want = div(d0, norm(d0, { axis: 1, keepdims: true })).mul(epsilon);
      // A step so long that the difference is no derivative: it must be of the unit direction all the same.
      const far = { epsilon, mode: 'finite-difference', xi: 0.5 } as const;
      const [plain, long] = [d0, d0.mul(2 ** 20)].map((start) =>
        vatPerturbation(f, x, { ...far, d0: start }),
      );
      return Math.min(
        near(norm(r, { axis: 1 }), sum(x.mul(0), { axis: 1 }).add(epsilon), 1e-13),
        exactly(tiny, r),
        exactly(huge, r),
        exactly(long!, plain!),
        near(start, want, 1e-14),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'virtual-adversarial-training/insensitive-samples',
    statement:
      'Where the outputs do not depend on the input, the perturbation and the divergence are 0, and nothing is NaN.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 3]),
      d0: draw.tensor([2, 3]),
      b: draw.tensor([2, 2]),
    })),
    slack: ({ x, d0, b }) => {
      const f = (rows: Tensor): Tensor => add(b, matmul(rows, zerosLike(reshape(x, [3, 2]))));
      const options = { epsilon: 1, d0 };
      return Math.min(
        exactly(vatPerturbation(f, x, options), zerosLike(x)),
        exactly(vat(f, x, options), 0),
      );
    },
  }),
];
