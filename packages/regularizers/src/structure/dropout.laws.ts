import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  equal,
  grad,
  greater,
  mul,
  ones,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { real } from '../laws/draws.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { dropout } from './dropout.ts';

/** All `2^n` masks with their probabilities. */
const allMasks = (n: number, p: number): { mask: Tensor; probability: number }[] =>
  Array.from({ length: 2 ** n }, (_, code) => {
    const bits = Float64Array.from({ length: n }, (_bit, i) => (code >> i) & 1);
    const kept = bits.reduce((a, b) => a + b, 0);
    return { mask: tensor(bits), probability: (1 - p) ** kept * p ** (n - kept) };
  });

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
      for (const { mask, probability } of allMasks(x.size, p)) {
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
      'In evaluation inverted dropout is the identity, bit for bit; classic scales by 1 - p.',
    cases: drawn((draw) => ({ x: draw.tensor(draw.shape()), p: real(draw, 0, 1) })),
    slack: ({ x, p }) =>
      Math.min(
        exactly(dropout(x, { p }), x),
        exactly(dropout(x, { p, mode: 'classic' }), x.mul(1 - p)),
      ),
  }),
  law({
    id: 'dropout/extremes',
    statement: 'p = 0 drops nothing and changes nothing; p = 1 gives zeros with zero gradient.',
    cases: drawn((draw) => ({
      x: draw.tensor(draw.shape()),
      seed: draw.integer(0, 1000),
      mode: draw.pick(['inverted', 'classic'] as const),
    })),
    slack: ({ x, seed, mode }) => {
      const options = { training: true, rng: random.key(seed), mode };
      const all = (w: Tensor): Tensor => sum(dropout(w, { ...options, p: 1 }));
      return Math.min(
        exactly(dropout(x, { ...options, p: 0 }), x),
        exactly(dropout(x, { ...options, p: 1 }), zerosLike(x)),
        exactly(grad(all)(x), zerosLike(x)),
      );
    },
  }),
  law({
    id: 'dropout/zeros-are-the-mask',
    statement:
      'Dropped units are exactly 0, also where x is NaN or infinite; kept ones are x / (1 - p); the gradient is 0 and 1 / (1 - p) in the same places.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return {
        x: draw.tensor(shape, { avoid: [0] }),
        mask: draw.booleans(shape),
        p: real(draw, 0, 0.9),
        bad: draw.pick([Number.NaN, Infinity]),
      };
    }),
    slack: ({ x, mask, p, bad }) => {
      const scale = 1 / (1 - p);
      const apply = (w: Tensor): Tensor => dropout(w, { p, mask, training: true });
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
    id: 'dropout/keys',
    statement:
      'The same key gives the same mask, and keys folded with different numbers give different ones (64 units are alike with probability below 2^-40).',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 2 ** 30),
      step: draw.integer(0, 1000),
      p: real(draw, 0.3, 0.7),
    })),
    slack: ({ seed, step, p }) => {
      const x = ones([64], { dtype: 'float64' });
      const at = (k: number): Tensor =>
        dropout(x, { p, training: true, rng: random.foldIn(random.key(seed), k) });
      const same = sum(equal(at(step), at(step + 1)).astype('float64')).item();
      return Math.min(exactly(at(step), at(step)), holds(same < 64));
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
];
