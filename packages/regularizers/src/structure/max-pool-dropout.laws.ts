import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  any,
  Cell,
  grad,
  greater,
  logicalAnd,
  maxPool2d,
  notEqual,
  ones,
  random,
  sum,
  type Tensor,
  tanh,
  tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { type LayerLike, MaxPool2d, Sequential } from '@tikhonov/nn';
import { allMasks } from '../laws/all-masks.ts';
import { annealedLaw } from '../laws/annealed.ts';
import { decisionLaws } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { evaluationFormLaw } from '../laws/evaluation-form.ts';
import { layerLaw } from '../laws/layer.ts';
import { mapPlacesLaw } from '../laws/map-layer.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import type { PlanPart } from '../method.ts';
import { plainPlan } from '../registry.ts';
import { MaxPoolDropout, maxPoolDropoutMethod } from './max-pool-dropout.ts';
import { maxPoolDropout, maxPoolDropoutProbabilities } from './max-pool-dropout-function.ts';

/** A small map, windows for it, and whether they need the exact mean of few masks. */
function pooled(draw: CaseDraw, range: { min?: number; distinct?: boolean } = {}) {
  const [height, width] = [draw.integer(2, 3), draw.integer(2, 3)];
  return {
    x: draw.tensor([1, height, width], range),
    pool: {
      kernelSize: [draw.integer(1, 2), 2] as const,
      stride: draw.integer(1, 2),
      padding: [0, draw.integer(0, 1)] as const,
    },
  };
}

/** What max-pooling dropout promises. */
export const maxPoolDropoutLaws: readonly Law[] = [
  law({
    id: 'max-pool-dropout/evaluation-is-the-mean',
    statement:
      'Weighted pooling is the mean of training over all masks, with overlapping windows, padding and negative activations.',
    cases: drawn((draw) => ({ ...pooled(draw), p: real(draw, 0, 1) })),
    slack: ({ x, pool, p }) => {
      const weighted = maxPoolDropout(x, { ...pool, p });
      let mean = zerosLike(weighted);
      for (const { mask, probability } of allMasks(x.shape, p)) {
        mean = add(mean, maxPoolDropout(x, { ...pool, p, mask, training: true }).mul(probability));
      }
      return near(weighted, mean, 1e-13);
    },
    effort: 0.2,
  }),
  law({
    id: 'max-pool-dropout/train',
    statement:
      'Training is max pooling of what is kept, without a scale, also if what is dropped is NaN; the gradient goes to winners that are kept.',
    cases: drawn((draw) => {
      const given = pooled(draw, { min: 0.1, distinct: true });
      return { ...given, mask: draw.booleans(given.x.shape), p: real(draw, 0, 1) };
    }),
    slack: ({ x, pool, mask, p }) => {
      const apply = (w: Tensor): Tensor => maxPoolDropout(w, { ...pool, p, mask, training: true });
      const kept = where(mask, x, 0);
      const slope = grad((w: Tensor) => sum(maxPool2d(w, pool)))(kept);
      return Math.min(
        exactly(apply(x), maxPool2d(kept, pool)),
        exactly(apply(where(mask, x, Number.NaN)), apply(x)),
        exactly(grad((w: Tensor) => sum(apply(w)))(x), where(mask, slope, 0)),
      );
    },
  }),
  law({
    id: 'max-pool-dropout/probabilities',
    statement:
      'The i-th smallest of n wins with probability (1 - p) p^(n - i), none with p^n, together 1: as over all masks.',
    cases: drawn((draw) => ({ n: draw.integer(1, 5), p: real(draw, 0, 1) })),
    slack: ({ n, p }) => {
      const found = maxPoolDropoutProbabilities(n, { p });
      const want = new Float64Array(n + 1);
      const cells = tensor(Float64Array.from({ length: n }, (_, i) => i + 1)).reshape([1, 1, n]);
      const options = { kernelSize: [1, n], p, training: true } as const;
      for (const { mask, probability } of allMasks([1, 1, n], p)) {
        want[maxPoolDropout(cells, { ...options, mask }).item()]! += probability;
      }
      const cell = new Cell(tensor(p, { dtype: 'float64' }));
      return Math.min(
        near(found, want, 1e-13),
        near(found.sum(), 1, 1e-13),
        near(maxPoolDropoutProbabilities(n, { p: cell }), want, 1e-13),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'max-pool-dropout/frequencies',
    statement:
      'Drawn winners of windows have those frequencies, within 7.2 standard deviations each.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), p: real(draw, 0.1, 0.9) })),
    slack: ({ seed, p }) => {
      const windows = 1000;
      const x = ones([windows, 1, 1], { dtype: 'float64' }).mul(
        tensor([1, 2, 3]).astype('float64'),
      );
      const options = { kernelSize: [1, 3], p, training: true, rng: random.key(seed) } as const;
      const counts = [0, 0, 0, 0];
      for (const winner of maxPoolDropout(x, options).data()) counts[winner]!++;
      return Math.min(
        ...Array.from(maxPoolDropoutProbabilities(3, { p }).data(), (q, i) => {
          const deviation = Math.sqrt(windows * q * (1 - q));
          return 1 - Math.abs(counts[i]! - windows * q) / deviation / 7.2;
        }),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'max-pool-dropout/extremes',
    statement:
      'p = 0 is max pooling in training and in evaluation, p = 1 gives zeros, also of activations that are infinite or negatively so; close to 1 nothing becomes NaN, and a cell for p gives the same.',
    cases: drawn((draw) => ({
      ...pooled(draw),
      infinite: draw.pick([0, Infinity, -Infinity]),
      dtype: draw.pick(['float32', 'float64'] as const),
      everywhere: draw.pick([true, false]),
      // Powers of what is left by the last one are 0 in float32.
      p: draw.pick([0, 1, 0.3, 1 - 2 ** -53]),
      mode: draw.pick(['weighted', 'scaled'] as const),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x: drawn, dtype, pool, infinite, everywhere, p, mode, seed }) => {
      const x = drawn.astype(dtype);
      const far = greater(x.mul(Math.sign(infinite)), everywhere ? -Infinity : 0.5);
      const cells = infinite === 0 ? x : where(far, infinite, x);
      const options = { ...pool, p, mode };
      const evaluated = maxPoolDropout(cells, options);
      const trained = maxPoolDropout(cells, { ...options, training: true, rng: random.key(seed) });
      const held = new Cell(tensor(p, { dtype: 'float64' }));
      const isEnd = p === 0 || p === 1;
      const want = p === 0 ? maxPool2d(cells, pool) : zerosLike(evaluated);
      return Math.min(
        holds(!any(notEqual(evaluated, evaluated)).item()),
        isEnd ? exactly(evaluated, want) : 1,
        isEnd ? exactly(trained, want) : 1,
        near(maxPoolDropout(cells, { ...options, p: held }), evaluated, 1e-15),
      );
    },
  }),
  law({
    id: 'max-pool-dropout/nan',
    statement:
      "NaN shows in every window that has it and in no other: in evaluation but for p = 1, where all is 0 but of 'max'; in training unless it is dropped.",
    cases: drawn((draw) => {
      const given = pooled(draw);
      return {
        ...given,
        bad: draw.booleans(given.x.shape),
        mask: draw.booleans(given.x.shape),
        p: draw.pick([0, 1, real(draw, 0, 1)]),
        held: draw.pick([true, false]),
        mode: draw.pick(['weighted', 'weighted', 'scaled', 'max'] as const),
        training: draw.pick([true, false]),
      };
    }),
    slack: ({ x, pool, bad, mask, p, held, mode, training }) => {
      const rate = held ? new Cell(tensor(p, { dtype: 'float64' })) : p;
      const given = training ? { training, mask } : {};
      const apply = (cells: Tensor): Tensor =>
        maxPoolDropout(cells, { ...pool, p: rate, mode, ...given });
      const lost = !training && mode !== 'max' && p === 1;
      const seen = training ? logicalAnd(bad, mask) : bad;
      const places = lost ? zerosLike(x) : seen.astype('float64');
      const touched = greater(maxPool2d(places, pool), 0);
      const [got, clean] = [apply(where(bad, Number.NaN, x)), apply(x)];
      return Math.min(
        exactly(notEqual(got, got).astype('float64'), touched.astype('float64')),
        exactly(where(touched, 0, got), where(touched, 0, clean)),
      );
    },
  }),
  law({
    id: 'max-pool-dropout/modes',
    statement:
      "Of non-negative activations weighted pooling is at most max pooling and falls with p; 'scaled' is (1 - p) max and 'max' the maximum.",
    cases: drawn((draw) => {
      const less = real(draw, 0, 0.9);
      return { ...pooled(draw, { min: 0 }), less, p: real(draw, less, 1) };
    }),
    slack: ({ x, pool, less, p }) => {
      const largest = maxPool2d(x, pool);
      return Math.min(
        atMost(maxPoolDropout(x, { ...pool, p }), maxPoolDropout(x, { ...pool, p: less })),
        atMost(maxPoolDropout(x, { ...pool, p }), largest),
        near(maxPoolDropout(x, { ...pool, p, mode: 'scaled' }), largest.mul(1 - p), 1e-15),
        exactly(maxPoolDropout(x, { ...pool, p, mode: 'max' }), largest),
      );
    },
  }),
  law({
    id: 'max-pool-dropout/ranks',
    statement:
      'Weighted pooling does not depend on the order in a window; its gradient is (1 - p) p^(n - i) by rank, of equals the last ranking highest.',
    cases: drawn((draw) => ({
      order: draw.permutation(4),
      x: draw.tensor([4], { min: 0.1, distinct: true }),
      tied: draw.pick([null, 0, 1e-12]),
      p: real(draw, 0.1, 0.9),
    })),
    slack: ({ order, x, tied, p }) => {
      const values = Array.from(x.data(), (value, i) =>
        tied !== null && i < 3 ? 1 + i * tied : value,
      );
      const shuffled = order.map((i) => values[i]!);
      const window = (list: readonly number[]): Tensor =>
        tensor(Float64Array.from(list)).reshape([1, 2, 2]);
      const apply = (w: Tensor): Tensor => maxPoolDropout(w, { kernelSize: 2, p });
      const want = values.map((a, i) => {
        const above = values.filter((b, j) => b > a || (b === a && j > i)).length;
        return (1 - p) * p ** above;
      });
      return Math.min(
        near(apply(window(values)), apply(window(shuffled)), 1e-14),
        near(grad((w: Tensor) => sum(apply(w)))(window(values)), want, 1e-14),
      );
    },
  }),
  law({
    id: 'max-pool-dropout/shared-cells',
    statement:
      'Overlapping windows see the same dropped cells, samples in another order give the same results, and NaN that is not dropped stays.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 1, 1, 3], { min: 1 }),
      mask: draw.booleans([3, 1, 1, 3]),
      training: draw.pick([true, false]),
    })),
    slack: ({ x, mask, training }) => {
      const options = { kernelSize: [1, 2], stride: 1, p: 0.5, training } as const;
      const apply = (w: Tensor, m: Tensor): Tensor => maxPoolDropout(w, { ...options, mask: m });
      const back = (w: Tensor): Tensor => w.reshape([3, 3]).reshape(w.shape);
      const rows = [2, 0, 1];
      const pick = (w: Tensor): Tensor =>
        tensor(
          Float64Array.from(
            rows.flatMap((i) =>
              Array.from({ length: w.size / 3 }, (_, k) => Number(w.data()[(i * w.size) / 3 + k])),
            ),
          ),
        ).reshape(w.shape);
      const nan = maxPoolDropout(x.mul(Number.NaN), { kernelSize: [1, 2], p: 0.5 });
      const partly = tensor([[[Number.NaN, 1, 1, Number.NaN]]]);
      const some = maxPoolDropout(partly, { kernelSize: [1, 2], p: 0.5 });
      const middle = tensor([[[0, 1, 0]]]);
      const both = maxPoolDropout(tensor([[[1, 5, 2]]]), {
        ...options,
        training: true,
        mask: middle,
      });
      return Math.min(
        exactly(apply(pick(x), pick(mask)), pick(apply(back(x), mask))),
        holds([nan, some].every((y) => y.data().every((value) => Number.isNaN(value)))),
        exactly(both, [5, 5]),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'max-pool-dropout/defaults',
    statement:
      'Without arguments p is 0.5, the stride is the kernel, there is no padding and evaluation is weighted; the recipe takes 0.3.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 4, 4]),
      seed: draw.integer(0, 1000),
      training: draw.pick([true, false]),
    })),
    slack: ({ x, seed, training }) => {
      const context = { training, rng: random.key(seed) };
      const options = { kernelSize: 2, stride: 2, padding: 0, p: 0.5, mode: 'weighted' } as const;
      const want = maxPoolDropout(x, { ...context, ...options });
      return Math.min(
        exactly(maxPoolDropout(x, { ...context, kernelSize: 2 }), want),
        exactly(new MaxPoolDropout({ kernelSize: 2 }).forward(x, context), want),
        exactly(maxPoolDropoutProbabilities(3), maxPoolDropoutProbabilities(3, { p: 0.5 })),
        recipeTakes(maxPoolDropoutMethod, { p: 0.3 }),
      );
    },
    effort: 0.2,
  }),
  ...decisionLaws('max-pool-dropout', (n, rng, dtype) =>
    maxPoolDropout(ones([Math.ceil(n / 4), 2, 2, 1], { dtype }), {
      kernelSize: 1,
      training: true,
      rng,
    }).reshape([-1]),
  ),
  layerLaw('max-pool-dropout', {
    settings: (draw) => ({
      kernelSize: draw.pick([2, 3]),
      stride: [1, draw.integer(1, 2)] as const,
      padding: [draw.integer(0, 1), 1] as const,
      p: real(draw, 0.1, 0.9),
      mode: draw.pick(['weighted', 'scaled', 'max'] as const),
    }),
    input: (draw) => draw.tensor([2, 4, 5]),
    layer: (settings) => new MaxPoolDropout(settings),
    apply: maxPoolDropout,
  }),
  annealedLaw('max-pool-dropout', {
    layer: (p) => new MaxPoolDropout({ kernelSize: [1, 2], p }),
    input: (draw) => draw.tensor([2, 3, 4]),
  }),
  evaluationFormLaw('max-pool-dropout', {
    settings: (draw) => ({
      kernelSize: [2, draw.integer(1, 3)] as const,
      stride: draw.integer(1, 2),
      padding: [draw.integer(0, 1), 0] as const,
      p: draw.pick([0, 1, real(draw, 0, 1)]),
      mode: draw.pick(['weighted', 'scaled', 'max'] as const),
    }),
    input: (draw) => draw.tensor([2, 4, 5]),
    layer: (settings) => new MaxPoolDropout(settings),
    hasForm: ({ mode }) => mode !== 'weighted',
  }),
  law({
    id: 'max-pool-dropout/recipe',
    statement:
      'The recipe takes size, stride and padding over, and what stands behind the pooling; pooling of other options stays.',
    cases: drawn((draw) => ({
      stride: draw.integer(1, 2),
      padding: draw.integer(0, 1),
      p: real(draw, 0.1, 0.9),
      x: draw.tensor([1, 2, 4, 4]),
    })),
    slack: ({ stride, padding, p, x }) => {
      const place = { kind: 'pooling', index: 0, count: 1, channels: 2, spatial: [2, 2] } as const;
      const all = { ...place, inBlock: false, output: false, key: random.key(0) };
      const scope = { key: random.key(0) } as Parameters<PlanPart>[2];
      const [part] = maxPoolDropoutMethod.recipe(plainPlan, { p }).parts;
      const changed = (pool: LayerLike): LayerLike => part!(pool, all, scope);
      const options = { stride, padding };
      const got = changed(new Sequential(new MaxPool2d(3, options), tanh)) as Sequential;
      const want = tanh(maxPoolDropout(x, { kernelSize: 3, ...options, p }));
      const others = [
        new MaxPool2d(2, { ceilMode: true }),
        new MaxPool2d(2, {
          padding: [
            [0, 1],
            [0, 1],
          ],
        }),
      ];
      return Math.min(
        exactly(got.forward(x), want),
        holds(others.every((pool) => changed(pool) === pool)),
      );
    },
    effort: 0.2,
  }),
  mapPlacesLaw(maxPoolDropoutMethod, 'pooling', (part) =>
    part instanceof MaxPoolDropout && String(part.kernelSize) === '2,2' && part.mode === 'weighted'
      ? { p: part.p as number }
      : null,
  ),
];
