import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, concat, grad, random, slice, sum, type Tensor, tensor } from '@tikhonov/core';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { layerLaw } from '../laws/layer.ts';
import { placesLaw } from '../laws/noise-layer.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { MaxDropout, maxDropoutMethod } from './max-dropout.ts';
import { maxDropout, maxDropoutMask } from './max-dropout-function.ts';

const flags = (mask: Tensor): number[] => Array.from(mask.data(), Number);

/** What MaxDropout promises. */
export const maxDropoutLaws: readonly Law[] = [
  law({
    id: 'max-dropout/range',
    statement:
      'What lies above 1 - p of the range is 0, the rest is as it was: for 0 < p < 1 the maximum is dropped and the minimum never, infinite ones too; p = 0 drops nothing and p = 1 all but the minima.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 6), draw.integer(1, 3)], { distinct: true }),
      p: draw.pick([0, 1, real(draw, 0.01, 0.99)]),
      annealed: draw.pick([true, false]),
      ends: draw.pick([
        [Infinity, -9],
        [9, -Infinity],
        [Infinity, -Infinity],
        // Their difference is infinite.
        [1.7e308, -1.7e308],
      ]),
    })),
    slack: ({ x, p, annealed, ends }) => {
      const data = Array.from(x.data());
      const [low, high] = [Math.min(...data), Math.max(...data)];
      const rate = annealed ? new Cell(tensor(p, { dtype: 'float64' })) : p;
      const kept = data.map((value) =>
        high > low && (value - low) / (high - low) > 1 - p ? 0 : 1,
      );
      const got = flags(maxDropoutMask(x, { p: rate }));
      const [top, bottom] = [data.indexOf(high), data.indexOf(low)];
      const wide = tensor(Float64Array.of(ends[0]!, ...data, ends[1]!));
      const far = flags(maxDropoutMask(wide, { p: rate }));
      return Math.min(
        exactly(got, kept),
        exactly(
          maxDropout(x, { p: rate, training: true }),
          data.map((value, i) => value * kept[i]!),
        ),
        holds(high === low || got[top] === (p === 0 ? 1 : 0)),
        holds(got[bottom] === 1),
        exactly([far[0]!, far.at(-1)!], [p === 0 ? 1 : 0, 1]),
        p === 1 && high > low
          ? exactly(
              got.reduce((a, b) => a + b, 0),
              1,
            )
          : 1,
      );
    },
  }),
  law({
    id: 'max-dropout/affine',
    statement:
      'The mask is that of a x + b for a > 0 (here powers of two and small integers, which are exact), and what is dropped grows with p.',
    cases: drawn((draw) => ({
      x: draw.integers([draw.integer(1, 8)], -8, 8).astype('float64'),
      a: draw.pick([0.5, 1, 4]),
      b: draw.integer(-3, 3),
      p: real(draw, 0, 1),
      less: real(draw, 0, 1),
    })),
    slack: ({ x, a, b, p, less }) => {
      const kept = flags(maxDropoutMask(x, { p }));
      const fewer = flags(maxDropoutMask(x, { p: p * less }));
      return Math.min(
        exactly(flags(maxDropoutMask(x.mul(a).add(b), { p })), kept),
        holds(kept.every((one, i) => one <= fewer[i]!)),
      );
    },
  }),
  law({
    id: 'max-dropout/euclidean',
    statement:
      "With 'l2' what exceeds 1 - rate of a positive maximum is dropped, as of x / |x|; the rate is drawn between 0 and p, evenly: its mean over 30 keys is p / 2 within 7.2 standard errors.",
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 8)]),
      rate: draw.pick([0, 1, real(draw, 0, 1)]),
      p: real(draw, 0.1, 1),
      seed: draw.integer(0, 2 ** 30),
    })),
    slack: ({ x, rate, p, seed }) => {
      const data = Array.from(x.data());
      const most = Math.max(...data);
      const kept = data.map((value) => (most > 0 && value > (1 - rate) * most ? 0 : 1));
      const options = { norm: 'l2', training: true } as const;
      // How many of a ramp are dropped tells the rate.
      const steps = 200;
      const ramp = tensor(Float64Array.from({ length: steps }, (_, i) => (i + 1) / steps));
      const draws = 30;
      let total = 0;
      for (let k = 0; k < draws; k++) {
        const rng = random.foldIn(random.key(seed), k);
        const left = maxDropoutMask(ramp, { ...options, p, rng })
          .astype('float64')
          .sum()
          .item();
        const share = (steps - left) / steps;
        if (share > p + 1 / steps) return -1;
        total += share / draws;
      }
      // Counting rounds by half a step on average, at most one.
      const z = Math.max(0, Math.abs(total - p / 2) - 1 / steps) / Math.sqrt(p ** 2 / 12 / draws);
      return Math.min(
        exactly(flags(maxDropoutMask(x, { norm: 'l2', rate })), kept),
        exactly(
          maxDropout(x, { ...options, rate }),
          data.map((value, i) => value * kept[i]!),
        ),
        1 - z / 7.2,
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'max-dropout/per-sample',
    statement:
      'With perSample each sample is treated as if it were alone, so that their order does not matter; without it the batch is one range.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, draw.integer(2, 4), 2], { distinct: true }),
      p: real(draw, 0.1, 0.9),
      norm: draw.pick(['minmax', 'l2'] as const),
    })),
    slack: ({ x, p, norm }) => {
      const rate = norm === 'l2' ? { rate: p } : {};
      const options = { p, norm, training: true, ...rate };
      const sample = (i: number): Tensor => slice(x, [{ start: i, stop: i + 1 }]);
      const alone = [0, 1].map((i) => maxDropout(sample(i), options));
      const whole = maxDropout(x.reshape([-1]), options).reshape(x.shape);
      return Math.min(
        exactly(maxDropout(x, { ...options, perSample: true }), concat(alone, { axis: 0 })),
        exactly(maxDropout(x, options), whole),
        exactly(
          new MaxDropout({ p, norm, perSample: norm === 'minmax' }).forward(x, {
            training: true,
            rng: random.key(0),
          }),
          maxDropout(x, {
            p,
            norm,
            perSample: norm === 'minmax',
            training: true,
            rng: random.key(0),
          }),
        ),
      );
    },
  }),
  law({
    id: 'max-dropout/constants',
    statement:
      'The gradient is 1 where something is kept and 0 where it is dropped; of a constant tensor, or with NaN, nothing is dropped; the same mask in float32.',
    cases: drawn((draw) => ({
      x: draw.integers([draw.integer(2, 6)], -9, 9).astype('float64'),
      p: real(draw, 0.1, 0.9),
    })),
    slack: ({ x, p }) => {
      const options = { p, training: true };
      const kept = maxDropoutMask(x, options);
      const same = x.mul(0).add(0.7);
      const bad = concat([x, tensor(Float64Array.of(Number.NaN))]);
      const single = maxDropoutMask(x.astype('float32'), options);
      const slope = grad((w: Tensor) => sum(maxDropout(w, options)))(x);
      return Math.min(
        exactly(slope, flags(kept)),
        exactly(maxDropout(same, options), same),
        holds(flags(maxDropoutMask(bad, options)).every((one) => one === 1)),
        exactly(flags(single), flags(kept)),
      );
    },
  }),
  law({
    id: 'max-dropout/evaluation',
    statement:
      'Evaluation is the identity; the range is not random, so that training needs no key and none changes anything.',
    cases: drawn((draw) => ({ x: draw.tensor(draw.shape()), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const layer = new MaxDropout();
      const rng = random.key(seed);
      const keyed = layer.forward(x, { training: true, rng });
      return Math.min(
        holds(layer.forward(x) === x && layer.forward(x, { rng }) === x),
        exactly(layer.forward(x, { training: true }), keyed),
      );
    },
  }),
  law({
    id: 'max-dropout/keys',
    statement:
      "With 'l2' the same key gives the same rate in both precisions, and other keys others.",
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const ramp = tensor(Float64Array.from({ length: 4096 }, (_, i) => (i + 1) / 4096));
      const at = (k: number, x = ramp): number[] =>
        flags(maxDropoutMask(x, { norm: 'l2', p: 1, rng: random.foldIn(random.key(seed), k) }));
      const count = (mask: number[]): number => mask.reduce((a, b) => a + b, 0);
      const counts = [0, 1, 2, 3].map((k) => count(at(k)));
      return Math.min(
        exactly(at(0), at(0)),
        exactly(at(0), at(0, ramp.astype('float32'))),
        // Four rates in the same of 4096 steps: 2^-36.
        holds(new Set(counts).size > 1),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'max-dropout/defaults',
    statement:
      'Without arguments p is 0.3, of the range of the whole batch, in function, layer and recipe.',
    cases: drawn((draw) => ({ x: draw.tensor([3, 8], { distinct: true }) })),
    slack: ({ x }) => {
      const options = { p: 0.3, norm: 'minmax', perSample: false, training: true } as const;
      const want = maxDropout(x, options);
      const fine = tensor(Float64Array.from({ length: 1000 }, (_, i) => i));
      return Math.min(
        exactly(maxDropout(x, { training: true }), want),
        exactly(new MaxDropout().forward(x, { training: true }), want),
        near(maxDropoutMask(fine).astype('float64').mean(), 0.7, 1e-3),
        recipeTakes(maxDropoutMethod, { p: 0.3 }),
      );
    },
    effort: 0.2,
  }),
  layerLaw('max-dropout', {
    settings: (draw) => ({
      p: real(draw, 0.5, 0.9),
      norm: draw.pick(['minmax', 'l2'] as const),
      perSample: draw.pick([true, false]),
    }),
    input: (draw) => draw.tensor([3, 8], { distinct: true }),
    layer: (settings) => new MaxDropout(settings),
    apply: maxDropout,
  }),
  placesLaw(maxDropoutMethod, (part) =>
    part instanceof MaxDropout && part.norm === 'minmax' && !part.perSample
      ? { p: part.p as number }
      : null,
  ),
];
