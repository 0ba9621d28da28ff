import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, ones, random, type Tensor, tensor } from '@tikhonov/core';
import { childContext, Dropout, type Layer, type Module } from '@tikhonov/nn';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { placesLaw } from '../laws/noise-layer.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import type { ArgumentValues } from '../method.ts';
import { dropPathRates, linearDecaySurvival } from './block-rates.ts';
import { curriculumDropoutMethod } from './curriculum-dropout.ts';
import { GaussianDropout } from './gaussian-dropout.ts';
import { GaussianNoise } from './gaussian-noise-layer.ts';
import { Scheduled } from './scheduled.ts';
import { curriculum, curriculumRate, linearRamp, type RateSchedule } from './schedules.ts';

/** The rates of the first steps. */
const firstRates = (rate: RateSchedule, n: number): number[] =>
  Array.from({ length: n }, (_, k) => rate(k));

/** What curriculum dropout, and the schedules of rates, promise. */
export const curriculumDropoutLaws: readonly Law[] = [
  law({
    id: 'curriculum-dropout/keep-probability',
    statement:
      'The keep probability is (1 - keep) exp(-gamma t) + keep with gamma = 10 / T: it starts at 1, never rises, and ends within exp(-10) of keep.',
    cases: drawn((draw) => ({
      keep: real(draw, 0, 1),
      steps: draw.integer(1, 50),
      t: draw.integer(0, 100),
    })),
    slack: ({ keep, steps, t }) => {
      const probability = curriculum(keep, steps);
      const all = firstRates(probability, steps + 1);
      return Math.min(
        near(probability(t), (1 - keep) * Math.exp((-10 / steps) * t) + keep, 1e-14),
        exactly(all[0]!, 1),
        atMost(all.slice(1), all.slice(0, -1), 1e-15),
        // It is 1 less a number near 1, which is rounded.
        atMost(all[steps]!, keep + Math.exp(-10) + 2 ** -52),
      );
    },
  }),
  law({
    id: 'curriculum-dropout/drop-probability',
    statement:
      'The drop probability is 1 less the keep probability, starts at exactly 0, and takes another gamma.',
    cases: drawn((draw) => ({
      p: real(draw, 0, 1),
      steps: draw.integer(1, 50),
      gamma: real(draw, 0.01, 2),
      t: draw.integer(0, 100),
    })),
    slack: ({ p, steps, gamma, t }) =>
      Math.min(
        near(curriculumRate(p, steps)(t), 1 - curriculum(1 - p, steps)(t), 1e-14),
        near(curriculumRate(p, steps, { gamma })(t), p * (1 - Math.exp(-gamma * t)), 1e-14),
        near(curriculum(p, steps, { gamma })(t), 1 - (1 - p) * (1 - Math.exp(-gamma * t)), 1e-14),
        exactly(curriculumRate(p, steps)(0), 0),
      ),
  }),
  law({
    id: 'curriculum-dropout/linear-ramp',
    statement:
      'The ramp is start + (p - start) min(k / steps, 1), from start, which is 0 by default, to p, where it stays.',
    cases: drawn((draw) => ({
      p: real(draw, 0, 1),
      start: draw.pick([undefined, 0.25, 1]),
      steps: draw.integer(1, 50),
      k: draw.integer(0, 100),
    })),
    slack: ({ p, start, steps, k }) => {
      const rate = linearRamp(p, steps, start === undefined ? {} : { start });
      const from = start ?? 0;
      return Math.min(
        near(rate(k), from + (p - from) * Math.min(k / steps, 1), 1e-15),
        exactly(rate(0), from),
        near([rate(steps), rate(10 * steps)], [p, p], 1e-15),
      );
    },
  }),
  law({
    id: 'curriculum-dropout/numbers-and-tensors',
    statement: 'Schedules and rates of blocks are the same of numbers, tensors and cells.',
    cases: drawn((draw) => ({
      p: real(draw, 0, 1),
      steps: draw.integer(1, 50),
      k: draw.integer(0, 100),
    })),
    slack: ({ p, steps, k }) => {
      const count = tensor(k, { dtype: 'int32' });
      const value = tensor(p, { dtype: 'float64' });
      const schedules = [
        linearRamp(p, steps),
        linearRamp(p, steps, { start: 0.25 }),
        curriculum(p, steps),
        curriculumRate(p, steps),
      ];
      const same = (a: readonly Tensor[], b: readonly number[]): number =>
        near(
          a.map((one) => one.item()),
          b,
          1e-15,
        );
      return Math.min(
        ...schedules.flatMap((rate) => [
          near(rate(count), rate(k), 1e-15),
          near(rate(new Cell(count)), rate(k), 1e-15),
        ]),
        same(linearDecaySurvival(5, value), linearDecaySurvival(5, p)),
        same(dropPathRates(5, new Cell(value)), dropPathRates(5, p)),
      );
    },
  }),
  law({
    id: 'curriculum-dropout/block-rates',
    statement:
      'Survival of block l of L is 1 - l / L (1 - pL), with sum L - (1 - pL)(L + 1) / 2; DropPath rates run evenly from 0 to the last, 0 for one block.',
    cases: drawn((draw) => ({ blocks: draw.integer(1, 12), p: real(draw, 0, 1) })),
    slack: ({ blocks, p }) => {
      const survival = linearDecaySurvival(blocks, p);
      const rates = dropPathRates(blocks, p);
      const evenly = rates.map((_, i) => (p * i) / Math.max(blocks - 1, 1));
      return Math.min(
        near(
          survival,
          survival.map((_, i) => 1 - ((i + 1) / blocks) * (1 - p)),
          1e-15,
        ),
        near(
          survival.reduce((a, b) => a + b, 0),
          blocks - ((1 - p) * (blocks + 1)) / 2,
          1e-14,
        ),
        near(linearDecaySurvival(blocks), linearDecaySurvival(blocks, 0.5), 0),
        near(rates, evenly, 1e-15),
        exactly([survival.length, rates.length], [blocks, blocks]),
      );
    },
  }),
  law({
    id: 'curriculum-dropout/scheduled-layer',
    statement:
      'A scheduled layer is at step k of training the layer with the rate of k and the same key; whatever the layer is.',
    cases: drawn((draw) => ({
      kind: draw.pick(['dropout', 'gaussian', 'noise'] as const),
      p: real(draw, 0.1, 0.9),
      steps: draw.integer(1, 4),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ kind, p, steps, seed }) => {
      const make: (rate: number | Cell) => Module & Layer = {
        dropout: (rate: number | Cell) => new Dropout({ p: rate }),
        gaussian: (rate: number | Cell) => new GaussianDropout({ p: rate }),
        noise: (rate: number | Cell) => new GaussianNoise({ std: rate }),
      }[kind];
      const schedule = linearRamp(p, steps);
      const layer = new Scheduled(schedule, make);
      const x = ones([20], { dtype: 'float64' });
      return Math.min(
        ...Array.from({ length: 5 }, (_, k) => {
          const context = { training: true, rng: random.foldIn(random.key(seed), k) };
          const want = make(schedule(k)).forward(x, childContext(context, 'layer'));
          return near(layer.forward(x, context), want, 1e-14);
        }),
        exactly(layer.step.read().astype('float64'), 5),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'curriculum-dropout/state',
    statement:
      'The count moves in training only, and not without updateState: then a pass has the rate of the step before, as the second pass of a step wants it.',
    cases: drawn((draw) => ({
      moves: Array.from({ length: draw.integer(1, 6) }, () =>
        draw.pick(['train', 'frozen', 'evaluate', 'evaluate-all'] as const),
      ),
    })),
    slack: ({ moves }) => {
      const schedule = linearRamp(0.8, 4, { start: 0.25 });
      const layer = new Scheduled(schedule, (p) => new Dropout({ p }));
      const x = ones([2]);
      let [count, last] = [0, schedule(0)];
      const slacks = moves.map((move) => {
        const rng = random.key(0);
        if (move === 'evaluate') layer.forward(x, { rng });
        else if (move === 'evaluate-all') layer.forward(x, { rng, updateState: true });
        else layer.forward(x, { training: true, rng, updateState: move === 'train' });
        if (move === 'train') last = schedule(count++);
        return Math.min(
          exactly(layer.step.read().astype('float64'), count),
          near(layer.rate.read(), last, 1e-15),
        );
      });
      return Math.min(...slacks);
    },
  }),
  law({
    id: 'curriculum-dropout/defaults',
    statement: 'Without arguments the recipe reaches p = 0.5 in the course of 200 steps.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000) })),
    slack: () => recipeTakes(curriculumDropoutMethod, { p: 0.5, steps: 200 }),
    effort: 0.1,
  }),
  placesLaw(curriculumDropoutMethod, (part, values) => {
    if (!(part instanceof Scheduled)) return null;
    return follows(part, values) ? values : {};
  }),
];

/** Whether a layer is dropout with the curriculum of these arguments. */
function follows(part: Scheduled, { p, steps }: ArgumentValues): boolean {
  const rates = Array.from({ length: 3 }, () => {
    part.forward(ones([1]), { training: true, rng: random.key(0) });
    return part.rate.read().item();
  });
  const isDropout = part.layer instanceof Dropout && part.layer.p === part.rate;
  return isDropout && near(rates, firstRates(curriculumRate(p!, steps!), 3), 1e-15) >= 0;
}
