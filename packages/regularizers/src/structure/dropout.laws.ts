import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  broadcastTo,
  Cell,
  grad,
  greater,
  matmul,
  mul,
  ones,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  unbind,
  where,
  zerosLike,
} from '@tikhonov/core';
import { allMasks } from '../laws/all-masks.ts';
import { decisionLaws, pairs } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { layerLaw } from '../laws/layer.ts';
import { noiseLayerLaws, placesLaw } from '../laws/noise-layer.ts';
import { rateLaw } from '../laws/rates.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { Dropout, dropout, dropoutMethod } from './dropout.ts';
import { LockedDropout, lockedDropout } from './locked-dropout.ts';
import { marginalDropoutPenalty } from './marginal-dropout-penalty.ts';

const bitsOf = (x: Tensor): number[] => Array.from(greater(x.mul(x), 0).data());

/** What dropout promises. */
export const dropoutLaws: readonly Law[] = [
  law({
    id: 'dropout/mean-and-variance',
    statement:
      'Over all 2^n masks: E[y] = x and Var[y] = p / (1 - p) x^2; in the classic form (1 - p) x and p (1 - p) x^2.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(0, 5)]),
      p: real(draw, 0, 0.9),
      mode: draw.pick(['inverted', 'classic'] as const),
    })),
    slack: ({ x, p, mode }) => {
      let [first, second] = [zerosLike(x), zerosLike(x)];
      for (const { mask, probability } of allMasks(x.shape, p)) {
        const y = dropout(x, { p, mask, mode, training: true });
        first = add(first, mul(y, probability));
        second = add(second, mul(square(y), probability));
      }
      const [mean, variance] = mode === 'inverted' ? [1, p / (1 - p)] : [1 - p, p * (1 - p)];
      return Math.min(
        near(first, x.mul(mean), 1e-13),
        // E[y^2] is at most 9 / (1 - p) = 90, so its rounding is some 1e-14.
        near(sub(second, square(first)), square(x).mul(variance), 1e-12),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'dropout/keeps-the-expected-share',
    statement:
      'Of n units n (1 - p) are kept on average: the count is within 7.2 standard deviations, sqrt(n p (1 - p)).',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), p: real(draw, 0.05, 0.95) })),
    slack: ({ seed, p }) => {
      const n = 2000;
      const x = ones([n], { dtype: 'float64' });
      const kept = sum(
        greater(dropout(x, { p, training: true, rng: random.key(seed) }), 0).astype('float64'),
      ).item();
      const z = (kept - n * (1 - p)) / Math.sqrt(n * p * (1 - p));
      // 2 m Phi(-7.2) < 1e-9 for m = 1000 runs: a failure means a wrong probability, not bad luck.
      return 1 - Math.abs(z) / 7.2;
    },
    effort: 0.5,
  }),
  law({
    id: 'dropout/evaluation',
    statement:
      'In evaluation inverted dropout is the identity, bit for bit, and draws nothing; classic scales by 1 - p.',
    cases: drawn((draw) => ({ x: draw.tensor(draw.shape()), p: real(draw, 0, 1) })),
    slack: ({ x, p }) =>
      Math.min(
        holds(dropout(x, { p }) === x && new Dropout({ p }).forward(x) === x),
        exactly(dropout(x, { p, mode: 'classic' }), x.mul(1 - p)),
      ),
  }),
  law({
    id: 'dropout/extremes',
    statement:
      'p = 0 drops nothing and changes nothing; p = 1 gives zeros with zero gradient, whatever the mask says; so does classic evaluation, also of NaN.',
    cases: drawn((draw) => ({
      x: draw.tensor(draw.shape()),
      seed: draw.integer(0, 1000),
      mode: draw.pick(['inverted', 'classic'] as const),
    })),
    slack: ({ x, seed, mode }) => {
      const options = { training: true, rng: random.key(seed), mode };
      const all = (w: Tensor): Tensor => sum(dropout(w, { ...options, p: 1 }));
      const open = { training: true, mode, mask: ones(x.shape) };
      const bad = x.mul(Number.NaN);
      return Math.min(
        ...[1, tensor(1)].flatMap((p) => [
          exactly(dropout(x, { ...open, p }), zerosLike(x)),
          exactly(dropout(bad, { p, mode: 'classic' }), zerosLike(x)),
        ]),
        exactly(dropout(x, { ...options, p: 0 }), x),
        exactly(dropout(x, { ...options, p: 1 }), zerosLike(x)),
        exactly(grad(all)(x), zerosLike(x)),
      );
    },
  }),
  law({
    id: 'dropout/zeros-are-the-mask',
    statement:
      'Dropped units are exactly 0, also where x is NaN or infinite; kept ones are x / (1 - p), or x in the classic form; the gradient is 0 and 1 / (1 - p), or 1, in the same places.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return {
        x: draw.tensor(shape, { avoid: [0] }),
        mask: draw.booleans(shape),
        p: real(draw, 0, 0.9),
        bad: draw.pick([Number.NaN, Infinity]),
        mode: draw.pick(['inverted', 'classic'] as const),
      };
    }),
    slack: ({ x, mask, p, bad, mode }) => {
      const scale = mode === 'inverted' ? 1 / (1 - p) : 1;
      const apply = (w: Tensor): Tensor => dropout(w, { p, mask, mode, training: true });
      const kept = where(mask, x.mul(scale), 0);
      const poisoned = where(mask, x, bad);
      return Math.min(
        exactly(bitsOf(apply(x)), mask.astype('float64')),
        near(apply(x), kept, 1e-15),
        near(apply(poisoned), kept, 1e-15),
        near(grad((w: Tensor) => sum(apply(w)))(x), mask.astype('float64').mul(scale), 1e-15),
      );
    },
  }),
  law({
    id: 'dropout/classic-is-scaled-inverted',
    statement: 'With the same mask, classic dropout is 1 - p times inverted dropout.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return { x: draw.tensor(shape), mask: draw.booleans(shape), p: real(draw, 0, 0.9) };
    }),
    slack: ({ x, mask, p }) => {
      const classic = dropout(x, { p, mask, mode: 'classic', training: true });
      return near(classic, dropout(x, { p, mask, training: true }).mul(1 - p), 1e-15);
    },
  }),
  law({
    id: 'dropout/shared-decisions',
    statement:
      'With a noise shape the mask is the same along its axes of size 1, and null is the size of the input: it is dropout with that mask everywhere.',
    cases: drawn((draw) => {
      const shape = draw.shape({ minRank: 1, maxRank: 3 });
      return {
        x: draw.tensor(shape),
        shared: shape.map(() => draw.pick([true, false])),
        open: draw.pick([null, 0]),
        seed: draw.integer(0, 1000),
        p: real(draw, 0.1, 0.9),
      };
    }),
    slack: ({ x, shared, open, seed, p }) => {
      const noiseShape = x.shape.map((n, k) => (shared[k] === true ? 1 : (open ?? n)));
      const shape = noiseShape.map((n, k) => (n === null || n === 0 ? x.shape[k]! : n));
      const context = { p, training: true, rng: random.key(seed) };
      const small = dropout(ones(shape, { dtype: 'float64' }), context);
      const mask = broadcastTo(greater(small, 0), x.shape);
      return exactly(
        dropout(x, { ...context, noiseShape: noiseShape.map((n) => (n === 0 ? null : n)) }),
        dropout(x, { p, training: true, mask }),
      );
    },
  }),
  law({
    id: 'dropout/locked',
    statement:
      'Locked dropout has one mask for all time steps: it is dropout whose noise shape is 1 on that axis, with the same key.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 3), draw.integer(1, 4), draw.integer(1, 3)];
      return {
        x: draw.tensor(shape),
        axis: draw.pick([undefined, 0, 1, 2, -1, -2]),
        seed: draw.integer(0, 1000),
        p: draw.pick([0, 1, real(draw, 0.1, 0.9)]),
        held: draw.pick([true, false]),
      };
    }),
    slack: ({ x, axis, seed, p: rate, held }) => {
      const p = held ? new Cell(tensor(rate, { dtype: 'float64' })) : rate;
      const context = { training: true, rng: random.key(seed) };
      const at = axis === undefined ? 1 : (axis + 3) % 3;
      const noiseShape = x.shape.map((n, k) => (k === at ? 1 : n));
      const given = axis === undefined ? {} : { axis };
      const want = dropout(x, { p: rate, noiseShape, ...context });
      const size = noiseShape.reduce((product, n) => product * n, 1);
      const mask = tensor(Float64Array.from({ length: size }, (_, i) => i % 2)).reshape(noiseShape);
      const replayed = dropout(x, { p: rate, noiseShape, training: true, mask });
      return Math.min(
        exactly(lockedDropout(x, { p, ...given, ...context }), want),
        exactly(new LockedDropout({ p, ...given }).forward(x, context), want),
        exactly(lockedDropout(x, { p, ...given }), x),
        exactly(lockedDropout(x, { p, ...given, training: true, mask }), replayed),
      );
    },
  }),
  law({
    id: 'dropout/is-ridge',
    statement:
      'On the inputs of linear regression, over all 2^(n d) masks, the expected sum of squares is that of evaluation plus marginalDropoutPenalty, and so is its gradient.',
    cases: drawn((draw) => {
      const [n, d] = draw.pick([
        [1, 3],
        [2, 2],
        [2, 3],
        [3, 2],
      ] as const);
      return {
        x: draw.tensor([n, d]),
        w: draw.tensor([d]),
        y: draw.tensor([n]),
        p: real(draw, 0, 0.8),
        mode: draw.pick(['inverted', 'classic'] as const),
        held: draw.pick([true, false]),
      };
    }),
    slack: ({ x, w, y, p, mode, held }) => {
      const squares = (rows: Tensor, v: Tensor): Tensor => sum(square(sub(y, matmul(rows, v))));
      const masks = allMasks(x.shape, p);
      const expected = (v: Tensor): Tensor =>
        masks
          .map(({ mask, probability }) =>
            squares(dropout(x, { p, mode, mask, training: true }), v).mul(probability),
          )
          .reduce((a, b) => a.add(b));
      const rate = held ? tensor(p, { dtype: 'float64' }) : p;
      const ridge = (v: Tensor): Tensor =>
        squares(dropout(x, { p, mode }), v).add(marginalDropoutPenalty(x, v, rate, { mode }));
      return Math.min(
        near(expected(w), ridge(w), 1e-12),
        near(grad(expected)(w), grad(ridge)(w), 1e-12),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'dropout/ridge-of-several-outputs',
    statement:
      'The penalty of several outputs is the sum of theirs; for p = 0 it is exactly 0 with gradient 0, also for infinite weights.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 3), 2]),
      w: draw.tensor([draw.integer(1, 3), 2]),
      p: real(draw, 0.1, 0.8),
      held: draw.pick([true, false]),
    })),
    slack: ({ x, w, p, held }) => {
      const parts = unbind(w).map((row) => marginalDropoutPenalty(x, row, p).item());
      const total = parts.reduce((a, b) => a + b, 0);
      const off = (v: Tensor): Tensor => marginalDropoutPenalty(x, v, held ? tensor(0) : 0);
      const infinite = w.mul(Infinity);
      return Math.min(
        near(marginalDropoutPenalty(x, w, p), total, 1e-13),
        exactly(off(infinite), 0),
        exactly(grad(off)(infinite), zerosLike(w)),
      );
    },
  }),
  law({
    id: 'dropout/defaults',
    statement:
      "Without arguments p is 0.5 and the mode 'inverted', in functions, layers and the recipe.",
    cases: drawn((draw) => ({ x: draw.tensor([2, 3]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const context = { training: true, rng: random.key(seed) };
      const want = dropout(x, { p: 0.5, mode: 'inverted', ...context });
      return Math.min(
        exactly(dropout(x, context), want),
        exactly(new Dropout().forward(x, context), want),
        exactly(
          lockedDropout(x, context),
          new LockedDropout({ p: 0.5, axis: 1 }).forward(x, context),
        ),
        exactly(new LockedDropout().forward(x, context), lockedDropout(x, context)),
        recipeTakes(dropoutMethod, { p: 0.5 }),
      );
    },
  }),
  layerLaw('dropout', {
    settings: (draw) => ({
      p: real(draw, 0.1, 0.9),
      mode: draw.pick(['inverted', 'classic'] as const),
      noiseShape: draw.pick([
        [null, 1],
        [1, 3],
      ]),
    }),
    input: (draw) => draw.tensor([draw.integer(1, 3), 3]),
    layer: (settings) => new Dropout(settings),
    apply: dropout,
  }),
  rateLaw('dropout', {
    forms: [
      (x, p, context) => dropout(x, { p, ...context }),
      (x, p, context) => dropout(x, { p, ...context, mode: 'classic' }),
    ],
    input: (draw) => draw.tensor(draw.shape()),
  }),
  ...decisionLaws('dropout', (n, rng, dtype) =>
    dropout(pairs(n, dtype), { p: 0.5, training: true, rng }),
  ),
  ...noiseLayerLaws('dropout', {
    layer: () => new Dropout({ p: 0.3 }),
    given: (x, mask) => dropout(x, { p: 0.3, mask, training: true }),
    noise: (draw, shape) => draw.booleans([...shape]),
  }).filter(({ id }) => id !== 'dropout/evaluation'),
  placesLaw(dropoutMethod, (part) => (part instanceof Dropout ? { p: part.p as number } : null)),
];
