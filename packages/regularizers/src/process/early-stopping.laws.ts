import { drawn, type Law, law } from '@tikhonov/check';
import type { CaseDraw } from '@tikhonov/core/engine';
import { initialPatience, type PatienceRule } from '@tikhonov/train';
import { recipeTakes } from '../laws/defaults.ts';
import { exactly, holds } from '../laws/slack.ts';
import { stoppedWeight } from '../laws/stopped-weights.ts';
import { stoppingLaw } from '../laws/stopping-recipe.ts';
import { earlyStopping, earlyStoppingMethod, patienceUpdate } from './early-stopping.ts';
import { equivalentL2Laws } from './equivalent-l2.laws.ts';

/** A curve of validation errors; few distinct values, so that ties are common. */
const curveOf = (draw: CaseDraw): number[] =>
  Array.from({ length: draw.integer(1, 12) }, () => draw.integer(0, 8) / 4);

/** Follows a curve until the rule stops: the epoch of the stop (Infinity if none) and the best. */
function follow(
  curve: readonly number[],
  rule: PatienceRule,
): { stop: number; best: number | null; bestEpoch: number; bests: number[] } {
  let state = initialPatience;
  const bests: number[] = [];
  for (const [i, value] of curve.entries()) {
    const decision = patienceUpdate(state, value, rule);
    state = decision.state;
    bests.push(state.best!);
    if (decision.stop !== null) {
      return { stop: i + 1, best: state.best, bestEpoch: state.bestEpoch, bests };
    }
  }
  return { stop: Infinity, best: state.best, bestEpoch: state.bestEpoch, bests };
}

/** What early stopping promises. */
export const earlyStoppingLaws: readonly Law[] = [
  law({
    id: 'early-stopping/decreasing-never-stops',
    statement:
      'While the validation error falls at every epoch, training is not stopped, whatever the patience.',
    cases: drawn((draw) => ({
      drops: Array.from({ length: draw.integer(1, 12) }, () => draw.integer(1, 5)),
      patience: draw.integer(0, 4),
    })),
    slack: ({ drops, patience }) => {
      let value = 100;
      const curve = drops.map((drop) => (value -= drop));
      return holds(follow(curve, { patience }).stop === Infinity);
    },
  }),
  law({
    id: 'early-stopping/monotone-in-patience',
    statement: 'More patience never stops earlier, and patience 0 acts like 1.',
    cases: drawn((draw) => ({ curve: curveOf(draw) })),
    slack: ({ curve }) => {
      const stops = [0, 1, 2, 3, 4, 5].map((patience) => follow(curve, { patience }).stop);
      return Math.min(
        holds(stops[0] === stops[1]),
        ...stops.slice(1).map((stop, i) => holds(stop >= stops[i]!)),
      );
    },
  }),
  law({
    id: 'early-stopping/best-is-the-running-minimum',
    statement: 'The best value is the minimum so far, at the first epoch that reached it.',
    cases: drawn((draw) => ({ curve: curveOf(draw) })),
    slack: ({ curve }) => {
      const { bests, bestEpoch } = follow(curve, { patience: Infinity });
      const minima = curve.map((_, i) => Math.min(...curve.slice(0, i + 1)));
      return Math.min(
        exactly(bests, minima),
        exactly(bestEpoch, curve.indexOf(Math.min(...curve)) + 1),
      );
    },
  }),
  law({
    id: 'early-stopping/stops-after-patience',
    statement:
      'It stops exactly when the last improvement is `patience` epochs ago: a tie is no improvement.',
    cases: drawn((draw) => ({ curve: curveOf(draw), patience: draw.integer(1, 4) })),
    slack: ({ curve, patience }) => {
      let [best, last] = [Infinity, 0];
      let want = Infinity;
      for (const [i, value] of curve.entries()) {
        if (value < best) [best, last] = [value, i + 1];
        if (i + 1 - last >= patience) {
          want = i + 1;
          break;
        }
      }
      return holds(follow(curve, { patience }).stop === want);
    },
  }),
  law({
    id: 'early-stopping/ignores-scale',
    statement:
      'Multiplying all errors by a positive factor changes no decision (minDelta scaled along).',
    cases: drawn((draw) => ({
      curve: curveOf(draw),
      factor: draw.pick([0.125, 2, 1024]),
      minDelta: draw.pick([0, 0.25]),
      patience: draw.integer(0, 3),
    })),
    slack: ({ curve, factor, minDelta, patience }) => {
      const plain = follow(curve, { patience, minDelta });
      const scaled = follow(
        curve.map((x) => x * factor),
        { patience, minDelta: minDelta * factor },
      );
      return Math.min(
        holds(plain.stop === scaled.stop),
        exactly(scaled.bestEpoch, plain.bestEpoch),
      );
    },
  }),
  law({
    id: 'early-stopping/restores-the-best',
    statement:
      'With restoreBestWeights the weights after training are those of the best epoch, bit for bit.',
    cases: drawn((draw) => {
      const curve = curveOf(draw);
      return {
        curve,
        weights: Array.from({ length: curve.length }, () => draw.tensor([])),
        patience: draw.integer(0, 3),
      };
    }),
    slack: ({ curve, weights, patience }) => {
      const callback = earlyStopping({ patience, restoreBestWeights: true });
      const { bestEpoch } = follow(curve, { patience });
      return exactly(stoppedWeight(callback, curve, weights), weights[bestEpoch - 1]!);
    },
  }),
  law({
    id: 'early-stopping/nan-is-no-improvement',
    statement:
      'A value that is not finite stops the training at once; without checkFinite NaN counts as an epoch without improvement.',
    cases: drawn((draw) => ({
      curve: curveOf(draw),
      at: draw.integer(0, 11),
      bad: draw.pick([NaN, Infinity]),
    })),
    slack: ({ curve, at, bad }) => {
      const place = at % curve.length;
      const broken = curve.map((x, i) => (i === place ? bad : x));
      const worse = curve.map((x, i) => (i === place ? Number.MAX_VALUE : x));
      const strict = follow(broken, { patience: Infinity });
      const lenient = follow(broken, { patience: 3, checkFinite: false });
      const like = follow(worse, { patience: 3 });
      // As the first value Infinity and the largest number are improvements, NaN is none.
      const comparable = place > 0;
      return Math.min(
        holds(strict.stop === place + 1),
        holds(!comparable || lenient.stop === like.stop),
      );
    },
  }),
  law({
    id: 'early-stopping/as-keras',
    statement:
      "The whole rule is Keras': in mode 'max' high values are good; the wait starts anew only below the baseline; the first epochs may not count; the first epoch never stops.",
    cases: drawn((draw) => ({
      curve: curveOf(draw),
      first: draw.pick([null, Number.NaN]),
      mode: draw.pick(['min', 'max'] as const),
      minDelta: draw.pick([0, 0.25]),
      patience: draw.integer(0, 3),
      baseline: draw.pick([undefined, 0.5, 1, 1.5]),
      startFromEpoch: draw.integer(0, 3),
    })),
    slack: ({ curve, first, baseline, ...rule }) => {
      const values = first === null ? curve : [first, ...curve];
      const { mode, minDelta, patience, startFromEpoch } = rule;
      const better = (value: number, than: number): boolean =>
        mode === 'max' ? value > than + minDelta : value < than - minDelta;
      let [wait, best, bestEpoch] = [0, mode === 'max' ? -Infinity : Infinity, 0];
      let want = Infinity;
      for (const [i, value] of values.entries()) {
        if (i < startFromEpoch) continue;
        wait += 1;
        if (better(value, best)) {
          [best, bestEpoch] = [value, i + 1];
          if (baseline === undefined || better(value, baseline)) wait = 0;
        } else if (wait >= patience && i > 0) {
          want = i + 1;
          break;
        }
      }
      const bounded = baseline === undefined ? {} : { baseline };
      const got = follow(values, { ...rule, ...bounded, checkFinite: false });
      return holds(got.stop === want && got.bestEpoch === bestEpoch);
    },
  }),
  law({
    id: 'early-stopping/defaults',
    statement:
      'Left out, low values are good, every one that is no improvement stops, and the last weights stay; the recipe has a patience of 5 and holds out a fifth.',
    cases: drawn((draw) => {
      const curve = curveOf(draw);
      return { curve, weights: curve.map(() => draw.tensor([])) };
    }),
    slack: ({ curve, weights }) => {
      const plain = follow(curve, {});
      const last = Math.min(plain.stop, curve.length);
      const rule = { mode: 'min', minDelta: 0, patience: 0, startFromEpoch: 0 } as const;
      return Math.min(
        holds(plain.stop === follow(curve, rule).stop),
        exactly(stoppedWeight(earlyStopping(), curve, weights), weights[last - 1]!),
        recipeTakes(earlyStoppingMethod, { patience: 5, validationFraction: 0.2 }),
      );
    },
  }),
  ...equivalentL2Laws,
  stoppingLaw(earlyStoppingMethod, ({ patience }) =>
    earlyStopping({ patience: patience!, restoreBestWeights: true }),
  ),
];
