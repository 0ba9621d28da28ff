import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  concat,
  grad,
  ones,
  random,
  select,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { decisionLaws } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { layerLaw } from '../laws/layer.ts';
import { mapLayerLaws, mapPlacesLaw, mapsOf } from '../laws/map-layer.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import {
  WeightedChannelDropout,
  weightedChannelDropoutMethod,
} from './weighted-channel-dropout.ts';
import {
  weightedChannelDropout,
  weightedChannelMask,
} from './weighted-channel-dropout-function.ts';
import { weightedSamplingProbabilities } from './weighted-sampling.ts';

const floats = (mask: Tensor): Tensor => mask.astype('float64');

/** What weighted channel dropout promises. */
export const weightedChannelDropoutLaws: readonly Law[] = [
  law({
    id: 'weighted-channel-dropout/size-and-mean',
    statement:
      'max(1, floor(wrsRatio C)) channels of each sample are kept, those with the largest u^(1 / score), and the sum of their means over space is that of all.',
    cases: drawn((draw) => {
      const x = mapsOf(draw, { min: 0.1 });
      return {
        x,
        wrsRatio: real(draw, 0.05, 1),
        u: draw.tensor(x.shape.slice(0, 2), { min: 0.01, max: 0.99 }),
      };
    }),
    slack: ({ x, wrsRatio, u }) => {
      const channels = x.shape[1]!;
      const count = Math.max(1, Math.floor(wrsRatio * channels + 1e-9));
      const options = { wrsRatio, u, training: true };
      const { score, sampled } = weightedChannelMask(x, options);
      const gap = x.mean({ axis: [2, 3] });
      const [keys, kept] = [gap.data().map((s, i) => u.data()[i]! ** (1 / s)), sampled.data()];
      // None that is left out has a larger key than one that is kept.
      const ordered = Array.from(keys).every((key, i) =>
        Array.from(keys).every(
          (other, j) =>
            Math.floor(i / channels) !== Math.floor(j / channels) ||
            !(kept[i] && !kept[j]) ||
            key >= other * (1 - 1e-12),
        ),
      );
      const y = weightedChannelDropout(x, options).mean({ axis: [2, 3] });
      return Math.min(
        near(score, gap, 1e-14),
        exactly(
          floats(sampled).sum({ axis: 1 }),
          ones([x.shape[0]!], { dtype: 'float64' }).mul(count),
        ),
        holds(ordered),
        near(y.sum({ axis: 1 }), gap.sum({ axis: 1 }), 1e-13),
      );
    },
  }),
  law({
    id: 'weighted-channel-dropout/sampling-probabilities',
    statement:
      'Channels are sampled as by drawing in turn with probabilities in proportion to the scores: frequencies agree with the exact ones within 7.2 standard deviations.',
    cases: drawn((draw) => ({
      weights: draw.tensor([draw.integer(2, 4)], { min: 0.2, max: 3 }),
      size: draw.integer(1, 2),
      seed: draw.integer(0, 2 ** 30),
    })),
    slack: ({ weights, size, seed }) => {
      const [n, channels] = [1500, weights.size];
      const x = ones([n, channels, 1], { dtype: 'float64' }).mul(weights.reshape([1, channels, 1]));
      const wrsRatio = size / channels;
      const { sampled } = weightedChannelMask(x, { wrsRatio, rng: random.key(seed) });
      const { inclusion } = weightedSamplingProbabilities(weights, size);
      const share = floats(sampled).mean({ axis: 0 }).data();
      return Math.min(
        ...Array.from(inclusion.data(), (p, c) =>
          p > 1 - 1e-12
            ? near(share[c]!, 1, 1e-12)
            : 1 - Math.abs((share[c]! - p) / Math.sqrt((p * (1 - p)) / n)) / 7.2,
        ),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'weighted-channel-dropout/exact-probabilities',
    statement:
      'Inclusion probabilities add up to the size of the sample and grow with the weight; the first one taken has the share of its weight; with a size of 1 that is all. Weights of 0 come last, in their order.',
    cases: drawn((draw) => {
      const weights = draw.tensor([draw.integer(1, 5)], { min: 0.1, max: 5 });
      return { weights, size: draw.integer(0, weights.size) };
    }),
    slack: ({ weights, size }) => {
      const { inclusion, first } = weightedSamplingProbabilities(weights, size);
      const [w, p] = [weights.data(), inclusion.data()];
      const grows = Array.from(w).every((a, i) =>
        Array.from(w).every((b, j) => !(a > b) || p[i]! >= p[j]! - 1e-12),
      );
      const share = weights.div(weights.sum());
      const never = concat([weights, tensor(new Float64Array(2))]);
      const among = (count: number): Tensor =>
        weightedSamplingProbabilities(never, count).inclusion;
      return Math.min(
        near(among(size), [...p, 0, 0], 1e-12),
        near(among(weights.size + 1), [...w.map(() => 1), 1, 0], 1e-12),
        near(inclusion.sum(), size, 1e-12),
        holds(grows),
        near(first, share, 1e-14),
        near(weightedSamplingProbabilities(weights, 1).inclusion, share, 1e-14),
      );
    },
  }),
  law({
    id: 'weighted-channel-dropout/order-of-the-draws',
    statement:
      'The probabilities are those of all orders of drawing: with weights a, b, c the first two are a and b with a b (1 / (s - a) + 1 / (s - b)) / s.',
    cases: drawn((draw) => ({ weights: draw.tensor([3], { min: 0.1, max: 5 }) })),
    slack: ({ weights }) => {
      const [a, b, c] = weights.data() as ArrayLike<number> as [number, number, number];
      const s = a + b + c;
      const pair = (x: number, y: number): number => ((x * y) / s) * (1 / (s - x) + 1 / (s - y));
      const { inclusion } = weightedSamplingProbabilities(weights, 2);
      return near(inclusion, [1 - pair(b, c), 1 - pair(a, c), 1 - pair(a, b)], 1e-12);
    },
  }),
  law({
    id: 'weighted-channel-dropout/scale-of-scores',
    statement:
      'Scores times a constant give the same sample, result times it; the ratio 1 without the second step is the identity.',
    cases: drawn((draw) => ({
      x: mapsOf(draw, { min: 0.1 }),
      factor: draw.pick([0.25, 2, 1024]),
      seed: draw.integer(0, 2 ** 30),
    })),
    slack: ({ x, factor, seed }) => {
      const options = { wrsRatio: 0.6, training: true, rng: random.key(seed) };
      const scaled = weightedChannelDropout(x.mul(factor), options);
      return Math.min(
        near(scaled, weightedChannelDropout(x, options).mul(factor), 1e-13),
        near(weightedChannelDropout(x, { ...options, wrsRatio: 1 }), x, 1e-15),
      );
    },
  }),
  law({
    id: 'weighted-channel-dropout/second-step',
    statement:
      'Of what is sampled a channel is dropped iff its number is below 1 - rngKeepProb, a number or in a cell, without another scale; the gradient is alpha where it stays, and dropped NaN become 0.',
    cases: drawn((draw) => {
      const x = mapsOf(draw, { min: 0.1 });
      const channels = x.shape.slice(0, 2);
      const unit = { min: 0.001, max: 0.999 };
      return {
        x,
        u: draw.tensor(channels, unit),
        rngU: draw.tensor(channels, unit),
        rngKeepProb: draw.pick([0, 0.5, 1]),
        held: draw.pick([true, false]),
      };
    }),
    slack: ({ x, u, rngU, rngKeepProb, held }) => {
      const probability = held ? new Cell(tensor(rngKeepProb, { dtype: 'float64' })) : rngKeepProb;
      const options = { wrsRatio: 0.7, rngKeepProb: probability, u, rngU, training: true };
      const apply = (w: Tensor): Tensor => weightedChannelDropout(w, options);
      const { sampled, mask, alpha } = weightedChannelMask(x, options);
      const stays = rngU.data().map((v) => (v < 1 - rngKeepProb ? 0 : 1));
      const [n, channels] = x.shape as readonly [number, number];
      const kept = mask.reshape([n, channels, 1, 1]);
      const factor = where(kept, alpha.reshape([n, 1, 1, 1]), 0).mul(x.mul(0).add(1));
      const score = x.mean({ axis: [2, 3] });
      const chosen = where(sampled, score, 0).sum({ axis: 1 });
      return Math.min(
        exactly(
          floats(mask),
          floats(sampled)
            .data()
            .map((one, i) => one * stays[i]!),
        ),
        near(alpha, score.sum({ axis: 1 }).div(chosen), 1e-13),
        near(apply(x), x.mul(factor), 1e-14),
        near(grad((w: Tensor) => sum(apply(w)))(x), factor, 1e-14),
      );
    },
  }),
  law({
    id: 'weighted-channel-dropout/edges',
    statement:
      'Channels of score 0 and numbers of 0 come last, equal keys in their order; NaN come last and become 0; negative scores are refused or taken for 0.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000), bad: draw.pick([-1, Number.NaN]) })),
    slack: ({ seed, bad }) => {
      const [two, rng] = [{ wrsRatio: 0.5, training: true }, random.key(seed)];
      const maps = (...values: number[]): Tensor =>
        tensor(Float64Array.from(values)).reshape([1, values.length, 1]);
      const dead = weightedChannelMask(maps(0, 1, 0, 1), { ...two, rng }).sampled;
      const none = weightedChannelMask(maps(0, 0, 0, 0), { ...two, rng });
      const zero = tensor([[0, 0.2, 0, 0]]);
      const late = weightedChannelMask(maps(1, 1, 1, 1), { ...two, u: zero }).sampled;
      const odd = maps(1, bad, 1, 1);
      const first = { ...two, u: tensor([[0.9, 0.1]]) };
      const lost = weightedChannelMask(maps(1, Number.NaN, 1, Number.NaN), {
        ...two,
        wrsRatio: 0.25,
        rng,
      });
      const huge = weightedChannelMask(maps(1e308, 1.5e308), first);
      const clamped = { ...two, wrsRatio: 0.75, rng, negativeScores: 'clamp' } as const;
      const y = weightedChannelDropout(odd, clamped);
      const refused =
        thrown(() => weightedChannelDropout(odd, { ...two, rng })) instanceof RangeError;
      const tiny = weightedChannelDropout(maps(1e-300, 1e-300), { ...two, rng });
      return Math.min(
        exactly(floats(dead), [0, 1, 0, 1]),
        exactly(floats(none.sampled), [1, 1, 0, 0]),
        exactly(none.alpha, 1),
        exactly(floats(late), [1, 1, 0, 0]),
        // What is no number, or too large, is left out of the scale.
        exactly(lost.alpha, 2),
        exactly(huge.alpha, 1),
        near(y, [1, 0, 1, 1], 1e-15),
        holds(refused === bad < 0),
        near(tiny.sum().div(2e-300), 1, 1e-13),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'weighted-channel-dropout/defaults',
    statement:
      'Without arguments the ratio is 0.8, the second step is off and negative scores are refused; the recipe takes them for 0.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 10, 2, 2], { min: 0.1 }),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, seed }) => {
      const context = { training: true, rng: random.key(seed) };
      const options = { wrsRatio: 0.8, rngKeepProb: 1, negativeScores: 'error' } as const;
      const want = weightedChannelDropout(x, { ...context, ...options });
      const layer = new WeightedChannelDropout();
      return Math.min(
        exactly(weightedChannelDropout(x, context), want),
        exactly(layer.forward(x, context), want),
        holds(layer.negativeScores === 'error'),
        recipeTakes(weightedChannelDropoutMethod, { wrsRatio: 0.8, rngKeepProb: 1 }),
      );
    },
    effort: 0.2,
  }),
  // Two channels of each sample, of which one is kept: samples are independent.
  ...decisionLaws('weighted-channel-dropout', (n, rng, dtype) => {
    const { sampled } = weightedChannelMask(ones([n, 2, 1], { dtype }), { wrsRatio: 0.5, rng });
    return select(sampled, 0, { axis: 1 }).astype(dtype);
  }),
  layerLaw('weighted-channel-dropout', {
    settings: (draw) => ({
      wrsRatio: real(draw, 0.2, 0.7),
      rngKeepProb: real(draw, 0.2, 0.8),
      negativeScores: 'clamp' as const,
    }),
    input: (draw) => draw.tensor([2, 5, 2]),
    layer: (settings) => new WeightedChannelDropout(settings),
    apply: weightedChannelDropout,
  }),
  ...mapLayerLaws('weighted-channel-dropout', {
    layer: () => new WeightedChannelDropout(),
    given: (x, u) => weightedChannelDropout(x, { wrsRatio: 0.6, training: true, u }),
    noise: (draw, shape) => draw.tensor(shape.slice(0, 2), { min: 0.01, max: 0.99 }),
  }),
  mapPlacesLaw(weightedChannelDropoutMethod, 'activations', (part) =>
    part instanceof WeightedChannelDropout && part.negativeScores === 'clamp'
      ? { wrsRatio: part.wrsRatio, rngKeepProb: part.rngKeepProb as number }
      : null,
  ),
];
