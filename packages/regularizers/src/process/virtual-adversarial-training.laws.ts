import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  add,
  astype,
  Cell,
  concat,
  full,
  grad,
  indexSelect,
  linalg,
  matmul,
  mean,
  mul,
  norm,
  random,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { innerWeightsLaw } from '../laws/inner-weights.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import type { SmallParameters } from '../laws/small-network.ts';
import { smallStep } from '../laws/small-step.ts';
import { unitPerSample } from '../objective/per-sample.ts';
import { klOfLogitsLaws } from './kl-of-logits.laws.ts';
import { klOfLogits } from './kl-of-logits.ts';
import { semiSupervisedVat } from './semi-supervised-vat.ts';
import { cosine, logits, perturbedNetwork, vatPerturbationLaws } from './vat-perturbation.laws.ts';
import {
  localDistributionalSmoothness,
  vat,
  vatPerturbation,
  vatTerm,
  virtualAdversarialTrainingMethod,
} from './virtual-adversarial-training.ts';

const networks = drawn(perturbedNetwork);

/** What virtual adversarial training promises. */
export const virtualAdversarialTrainingLaws: readonly Law[] = [
  ...vatPerturbationLaws,
  law({
    id: 'virtual-adversarial-training/non-negative-and-shift-invariant',
    statement: 'The loss is at least 0, and adding a constant to the logits changes nothing.',
    cases: networks,
    slack: ({ x, f, d0, epsilon }) => {
      const options = { epsilon, d0 };
      const value = vat(f, x, options);
      const shifted = vat((rows) => f(rows).add(1.5), x, options);
      return Math.min(atMost(0, value.item() + 1e-14), near(shifted, value, 1e-11));
    },
    effort: 0.5,
  }),
  ...klOfLogitsLaws,
  law({
    id: 'virtual-adversarial-training/certain-predictions',
    statement:
      'In float32 too the direction for two classes is that of the difference of their weights, however certain the prediction is.',
    cases: drawn((draw) => {
      const [d, gap] = [draw.integer(2, 4), real(draw, -60, 60)];
      return {
        w: draw.tensor([2, d], { distinct: true }),
        b: tensor(Float64Array.of(gap, 0)),
        d0: draw.tensor([1, d], { avoid: [0] }),
      };
    }),
    slack: ({ w, b, d0 }) => {
      const difference = sub(slice(w, [{ start: 1 }]), slice(w, [{ stop: 1 }]));
      // What is left of the first direction shall not be lost in roundings of the dot product.
      const start = cosine(difference, d0);
      if (!(start > 0.05)) return 1;
      const [narrowW, narrowB] = [astype(w, 'float32'), astype(b, 'float32')];
      const narrow = vatPerturbation(
        (rows) => logits(narrowW)(rows).add(narrowB),
        zeros(d0.shape),
        { epsilon: 1, d0: astype(d0, 'float32') },
      );
      return near(cosine(astype(narrow, 'float64'), difference), 1, 1e-6);
    },
    effort: 0.5,
  }),
  law({
    id: 'virtual-adversarial-training/per-sample',
    statement:
      'The perturbation of a sample does not depend on the others, and the loss is the mean over them.',
    cases: networks,
    slack: ({ x, f, d0, epsilon, rounds }) => {
      const options = { epsilon, nPowerIterations: rounds };
      const alone = Array.from({ length: x.shape[0]! }, (_, i) => {
        const row = [{ start: i, stop: i + 1 }];
        const one = { ...options, d0: slice(d0, row) };
        return [vatPerturbation(f, slice(x, row), one), vat(f, slice(x, row), one)] as const;
      });
      const all = { ...options, d0 };
      const mean = alone.map(([, loss]) => loss.item()).reduce((a, b) => a + b) / alone.length;
      return Math.min(
        near(vatPerturbation(f, x, all), concat(alone.map(([r]) => r)), 1e-11),
        near(vat(f, x, all), mean, 1e-12),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'virtual-adversarial-training/finite-differences',
    statement:
      'A difference of gradients finds the direction of the exact product, up to roundings divided by xi and by the length of the product.',
    cases: networks,
    slack: ({ x, f, d0, epsilon }) => {
      const exact = vatPerturbation(f, x, { epsilon, d0 });
      const mode = 'finite-difference';
      const xi = 1e-5;
      const differences = vatPerturbation(f, x, { epsilon, d0, mode, xi });
      const target = f(x);
      const slope = grad((r: Tensor) => sum(klOfLogits(target, f(add(x, r)))));
      const products = norm(slope(unitPerSample(d0).mul(xi)), { axis: 1 }).div(xi);
      const error = Math.max(1, ...Array.from(products.data(), (size) => 1 / size));
      return near(differences.div(epsilon), exact.div(epsilon), 1e-3 * error ** 2);
    },
    effort: 0.5,
  }),
  law({
    id: 'virtual-adversarial-training/constants',
    statement:
      'The gradient flows through the last prediction alone: prediction at x and perturbation are held fixed.',
    cases: networks,
    slack: ({ p, x, forwardWith, f, d0, epsilon }) => {
      const options = { epsilon, d0 };
      const r = vatPerturbation(f, x, options);
      const target = f(x);
      const got = grad((q: SmallParameters) => vat((rows) => forwardWith(q, rows), x, options))(p);
      const want = grad((q: SmallParameters) =>
        mean(klOfLogits(target, forwardWith(q, add(x, r)))),
      )(p);
      const names = ['w1', 'b1', 'w2', 'b2'] as const;
      return Math.min(...names.map((name) => near(got[name], want[name], 1e-11)));
    },
    effort: 0.5,
  }),
  law({
    id: 'virtual-adversarial-training/other-divergences',
    statement:
      'With half the squared distance of the outputs as divergence, the direction of a linear map is a right singular vector, for which it is (epsilon sigma)^2 / 2.',
    cases: drawn((draw) => ({
      w: draw.tensor([3, 2], { distinct: true }),
      x: draw.tensor([1, 2]),
      d0: draw.tensor([1, 2], { avoid: [0] }),
    })),
    slack: ({ w, x, d0 }) => {
      const divergence = (a: Tensor, b: Tensor): Tensor =>
        sum(square(sub(a, b)), { axis: 1 }).mul(0.5);
      const rounds = (count: number): number =>
        vat(logits(w), x, { epsilon: 0.1, d0, nPowerIterations: count, divergence }).item();
      const bound = (0.1 * linalg.spectralNorm(w).item()) ** 2 / 2;
      const found = [0, 1, 4, 16].map(rounds);
      return Math.min(
        ...found.map((value) => atMost(value, bound, 1e-9)),
        ...found.slice(1).map((value, k) => atMost(found[k]!, value, 1e-9)),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'virtual-adversarial-training/semi-supervised',
    statement:
      'The semi-supervised objective is the loss of the labelled rows plus the penalty over labelled and unlabelled ones together.',
    cases: networks,
    slack: ({ x, y, unlabelled, f, epsilon }) => {
      const rows = concat([x, unlabelled]);
      const d0 = add(abs(rows), 0.1);
      const { loss, supervised, smoothness } = semiSupervisedVat(
        f,
        { x, y, unlabelled },
        { epsilon, d0 },
      );
      const want = vat(f, rows, { epsilon, d0 });
      return Math.min(
        near(supervised, crossEntropy(f(x), y), 1e-14),
        near(smoothness, want, 1e-14),
        near(loss, add(supervised, smoothness), 1e-14),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'virtual-adversarial-training/in-a-step',
    statement:
      'The term of a step is alpha times the weighted mean of the divergences at its rows, with its masks.',
    cases: drawn((draw) => ({
      ...smallStep(draw),
      epsilon: real(draw, 0.1, 1),
      alpha: real(draw, 0, 2),
    })),
    slack: ({ context, weightedMean, epsilon, alpha }) => {
      const forward = (rows: Tensor): Tensor => context.forward(rows);
      const { x } = context.batch;
      const key = random.foldIn(context.rng, 'virtual-adversarial-training');
      const r = vatPerturbation(forward, x, { epsilon, key });
      const each = localDistributionalSmoothness(forward, x, r);
      return near(vatTerm({ epsilon, alpha })(context), weightedMean(each).mul(alpha), 1e-12);
    },
    effort: 0.1,
  }),
  law({
    id: 'virtual-adversarial-training/unlabelled-rows',
    statement:
      'With unlabelled rows the term of a step is the penalty of its own rows, by their weights, and as many drawn ones, which count once.',
    cases: drawn((draw) => {
      const step = smallStep(draw);
      const count = draw.integer(1, 3);
      const unlabelled = draw.tensor([5, step.context.batch.x.shape[1]!]);
      return { ...step, count, unlabelled, epsilon: real(draw, 0.1, 1) };
    }),
    slack: ({ context, count, unlabelled, epsilon }) => {
      const { x, sampleWeight } = context.batch;
      const key = random.foldIn(context.rng, 'virtual-adversarial-training');
      const picked = random.randint(random.foldIn(key, 'rows'), [count], 0, 5);
      const rows = concat([x, indexSelect(unlabelled, picked)]);
      const forward = (some: Tensor): Tensor => context.forward(some);
      const weights = concat([sampleWeight!, full([count], 1, { dtype: 'float64' })]);
      const want = vat(forward, rows, { epsilon, key, sampleWeight: weights });
      const term = vatTerm({ epsilon, unlabelled, unlabelledRows: count });
      // Of one feature only the rows that are drawn tell keys apart: one in five is the same.
      const others = Array.from({ length: 12 }, (_, i) =>
        term({ ...context, rng: random.foldIn(context.rng, i) }).item(),
      );
      const isDrawn = others.some((value) => value !== want.item());
      return Math.min(near(term(context), want, 1e-12), holds(isDrawn));
    },
    effort: 0.1,
  }),
  law({
    id: 'virtual-adversarial-training/first-direction',
    statement:
      'The first direction is uniform on the sphere: without rounds, means of r and of cos 4 theta in two dimensions are 0 within six standard errors.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1e6) })),
    slack: ({ seed }) => {
      const n = 4000;
      const still = { epsilon: 1, nPowerIterations: 0, key: random.key(seed) };
      const r = vatPerturbation((rows) => rows, zeros([n, 2], { dtype: 'float64' }), still);
      const [a, b] = [slice(r, [null, { stop: 1 }]), slice(r, [null, { start: 1 }])];
      const corners = mean(sub(1, mul(square(mul(a, b)), 8))).item();
      // Each of the three has variance 1/2.
      const spread = 6 * Math.sqrt(0.5 / n);
      return Math.min(
        ...[mean(a).item(), mean(b).item(), corners].map((m) => 1 - Math.abs(m) / spread),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'virtual-adversarial-training/defaults',
    statement:
      'By default there is one round, alpha is 1, the Hessian is exact, and differences take xi 1e-6 in float64 and 1e-3 in float32.',
    cases: networks,
    slack: ({ x, f, d0, epsilon }) => {
      const options = { epsilon, d0 };
      const exact = { ...options, mode: 'hvp', nPowerIterations: 1, alpha: 1 } as const;
      const narrow = (rows: Tensor): Tensor => astype(f(astype(rows, 'float64')), 'float32');
      const [x32, d32] = [astype(x, 'float32'), astype(d0, 'float32')];
      const differences = { epsilon, mode: 'finite-difference' } as const;
      return Math.min(
        exactly(vat(f, x, options), vat(f, x, exact)),
        exactly(
          vatPerturbation(f, x, { ...differences, d0 }),
          vatPerturbation(f, x, { ...differences, d0, xi: 1e-6 }),
        ),
        exactly(
          vatPerturbation(narrow, x32, { ...differences, d0: d32 }),
          vatPerturbation(narrow, x32, { ...differences, d0: d32, xi: 1e-3 }),
        ),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'virtual-adversarial-training/zero-strength',
    statement: 'A strength of 0 gives value 0 and gradient 0, even for infinite weights.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 2], { avoid: [0] }),
      x: draw.tensor([2, 2]),
      held: draw.pick([true, false]),
    })),
    slack: ({ w, x, held }) => {
      const alpha = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const penalty = (v: Tensor): Tensor => vat(logits(v), x, { epsilon: 1, d0: x, alpha });
      const infinite = w.mul(Infinity);
      return Math.min(
        exactly(penalty(infinite), 0),
        exactly(grad(penalty)(infinite), zerosLike(w)),
      );
    },
  }),
  innerWeightsLaw('virtual-adversarial-training', (forward, x, alpha) =>
    vat(forward, x, { alpha, epsilon: 1, key: random.key(0) }),
  ),
  recipeLaw(virtualAdversarialTrainingMethod, (_model, values, step) => {
    const { epsilon, alpha, nPowerIterations } = values;
    return vatTerm({
      epsilon: epsilon!,
      alpha: alpha!,
      nPowerIterations: nPowerIterations!,
    })(step);
  }),
  law({
    id: 'virtual-adversarial-training/no-gradient-into-perturbations',
    statement: 'Perturbations are constants: no gradient flows into or through them.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2]),
      r: draw.tensor([2, 2]),
      w: draw.tensor([2, 3]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, r, w, seed }) => {
      const forward = (rows: Tensor): Tensor => matmul(rows, w);
      const free = (f: (given: Tensor) => Tensor, at: Tensor): number =>
        exactly(grad((given: Tensor) => f(given).sum().add(given.sum().mul(0)))(at), at.mul(0));
      const options = { epsilon: 1, key: random.key(seed) };
      return Math.min(
        free((given) => localDistributionalSmoothness(forward, x, given), r),
        free((given) => vatPerturbation(forward, given, options).sum(), x),
        free(
          (epsilon) =>
            vatPerturbation(forward, x, { ...options, epsilon })
              .mul(r)
              .sum(),
          tensor(1, { dtype: 'float64' }),
        ),
      );
    },
    effort: 0.2,
  }),
];
