import { drawn, type Law, law } from '@tikhonov/check';
import {
  concat,
  matmul,
  mean,
  mul,
  norm,
  relu,
  reshape,
  softplus,
  square,
  sum,
  type Tensor,
  tanh,
  transpose,
} from '@tikhonov/core';
import { real } from '../laws/draws.ts';
import { atMost, holds, near } from '../laws/slack.ts';
import { type GeometricOccam, geometricOccam, type OccamLayer } from './geometric-occam.ts';
import { gradientPenalty } from './gradient-penalty.ts';
import { inputGradients } from './input-gradient-penalty.ts';

const activations = { tanh, relu, softplus };

/** Networks of up to three layers with one of the activations, an example, and a smooth scalar head. */
const networks = drawn((draw) => {
  const depth = draw.integer(1, 3);
  const widths = Array.from({ length: depth + 1 }, () => draw.integer(1, 3));
  return {
    weights: widths.slice(1).map((out, l) => draw.tensor([out, widths[l]!], { avoid: [0] })),
    biases: widths.slice(1).map((out) => draw.tensor([out])),
    act: draw.pick(['tanh', 'relu', 'softplus'] as const),
    x: draw.tensor([widths[0]!]),
    c: draw.tensor([widths.at(-1)!]),
  };
});

interface Drawn {
  readonly weights: readonly Tensor[];
  readonly biases: readonly Tensor[];
  readonly act: keyof typeof activations;
  readonly x: Tensor;
  readonly c: Tensor;
}

function layersOf(
  weights: readonly Tensor[],
  biases: readonly Tensor[],
  act: keyof typeof activations,
): OccamLayer[] {
  return weights.map((weight, l) => ({ weight, bias: biases[l]!, activation: activations[act] }));
}

const look = ({ weights, biases, act, x, c }: Drawn, norms?: 'frobenius'): GeometricOccam =>
  geometricOccam(layersOf(weights, biases, act), x, {
    head: (h) => sum(mul(c, h)).add(sum(square(h)).mul(0.5)),
    ...(norms === undefined ? {} : { norm: norms }),
  });

/** The laws of the relation between the gradients with respect to parameters and inputs. */
export const geometricOccamLaws: readonly Law[] = [
  law({
    id: 'gradient-penalty/occam-per-layer',
    statement:
      'For one example ||grad_x f||^2 ||h||^2 <= ||W||^2 ||dh/dx||^2 ||grad_W f||^2 in every layer, and with 1 for ||h||^2 the same for the bias.',
    cases: networks,
    slack: (example) =>
      Math.min(
        ...look(example).layers.flatMap((bound) => [
          atMost(bound.lhs, bound.weightGradNormSq, 1e-9),
          atMost(bound.biasLhs, bound.biasGradNormSq, 1e-9),
        ]),
      ),
    effort: 0.5,
  }),
  law({
    id: 'gradient-penalty/occam-summed',
    statement:
      'Summed over the layers, the bounds are at most the squared gradient with respect to all parameters.',
    cases: networks,
    slack: (example) => {
      const { layers, lhsTotal, gradNormSq } = look(example);
      const sides = layers.map(({ lhs, biasLhs }) => lhs.item() + biasLhs.item());
      return Math.min(
        atMost(lhsTotal, gradNormSq, 1e-9),
        near(
          lhsTotal,
          sides.reduce((a, b) => a + b, 0),
          1e-12,
        ),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'gradient-penalty/occam-spectral-is-tighter',
    statement: 'Frobenius norms bound from below what spectral norms do, and never bound more.',
    cases: networks,
    slack: (example) => {
      const [spectral, frobenius] = [look(example), look(example, 'frobenius')];
      return Math.min(
        ...spectral.layers.map(({ lhs }, l) => atMost(frobenius.layers[l]!.lhs, lhs, 1e-9)),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'gradient-penalty/occam-one-linear-layer',
    statement:
      'For f = w . x the bound is an equality: ||grad_x f|| = ||w||, and both sides are ||x||^2.',
    cases: drawn((draw) => {
      const d = draw.integer(1, 4);
      return { w: draw.tensor([1, d], { avoid: [0] }), x: draw.tensor([d]) };
    }),
    slack: ({ w, x }) => {
      const { layers, inputGradNormSq } = geometricOccam([{ weight: w }], x);
      return Math.min(
        near(inputGradNormSq, square(w).sum(), 1e-12),
        near(layers[0]!.lhs, square(x).sum(), 1e-12),
        near(layers[0]!.weightGradNormSq, square(x).sum(), 1e-12),
      );
    },
  }),
  law({
    id: 'gradient-penalty/occam-outer-product',
    statement: 'For one example grad_W f = delta h^T, so that ||grad_W f||_F = ||grad_b f|| ||h||.',
    cases: networks,
    slack: ({ weights, biases, act, x, c }) => {
      const hidden = [x];
      for (const [l, w] of weights.entries()) {
        hidden.push(activations[act](matmul(w, hidden[l]!).add(biases[l]!)));
      }
      const { layers } = look({ weights, biases, act, x, c });
      return Math.min(
        ...layers.map(({ weightGradNormSq, biasGradNormSq }, l) =>
          near(weightGradNormSq, mul(biasGradNormSq, square(hidden[l]!).sum()), 1e-12),
        ),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'gradient-penalty/occam-fails-for-batches',
    statement:
      'Two examples x and -x of a linear unit with squared errors e and e: the mean loss is stationary in w although neither input gradient is 0.',
    cases: drawn((draw) => ({
      w: draw.tensor([1, 2], { avoid: [0] }),
      x: draw.tensor([1, 2], { avoid: [0] }),
      residual: real(draw, 0.1, 2),
    })),
    slack: ({ w, x, residual }) => {
      // Both examples miss their targets by the same residual, so their gradients residual x cancel.
      const rows = concat([x, x.neg()]);
      const outputs = reshape(matmul(rows, transpose(w)), [2]);
      const targets = outputs.sub(residual);
      const losses = (v: Tensor, inputs: Tensor): Tensor =>
        square(reshape(matmul(inputs, transpose(v)), [2]).sub(targets)).mul(0.5);
      const ofMean = gradientPenalty((v: Tensor) => mean(losses(v, rows)), w, { lambda: 1 });
      const perSample = norm(
        inputGradients((inputs) => losses(w, inputs), rows),
        { axis: 1 },
      );
      const size = norm(w).item() * residual;
      return Math.min(near(ofMean, 0, 1e-20), near(perSample, [size, size], 1e-9), holds(size > 0));
    },
  }),
  law({
    id: 'gradient-penalty/occam-frobenius',
    statement: 'With Frobenius norms the first bound divides by them, the identity included.',
    cases: networks,
    slack: (example) => {
      const { layers, inputGradNormSq } = look(example, 'frobenius');
      const size = square(example.weights[0]!).sum().item() * example.x.size;
      return near(layers[0]!.biasLhs.mul(size), inputGradNormSq, 1e-11);
    },
    effort: 0.2,
  }),
];
