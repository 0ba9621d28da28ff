import { drawn, type Law, law } from '@tikhonov/check';
import type { CaseDraw } from '@tikhonov/core/engine';
import { recipeTakes } from '../laws/defaults.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { stoppedWeight } from '../laws/stopped-weights.ts';
import { stoppingLaw } from '../laws/stopping-recipe.ts';
import { thrown } from '../laws/thrown.ts';
import {
  generalizationLoss,
  glUpdate,
  initialPrechelt,
  type PrecheltDecision,
  type PrecheltErrors,
  type PrecheltState,
  pqUpdate,
  prechelt,
  precheltMethod,
  trainingProgress,
  upUpdate,
} from './prechelt.ts';

type Update = (state: PrecheltState, errors: PrecheltErrors) => PrecheltDecision;

/** Training and validation errors; few distinct values, so that ties are common. */
interface Curves {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly k: number;
}

const curves = (draw: CaseDraw): Curves => {
  const length = draw.integer(1, 16);
  const errors = (): number[] => Array.from({ length }, () => draw.integer(1, 8) / 4);
  return { train: errors(), validation: errors(), k: draw.integer(2, 5) };
};

/** The epoch of the stop, from 1; Infinity if there is none. */
function stopOf({ train, validation }: Curves, update: Update): number {
  let state = initialPrechelt;
  for (const [i, error] of validation.entries()) {
    const decision = update(state, { train: train[i]!, validation: error });
    state = decision.state;
    if (decision.stop !== null) return i + 1;
  }
  return Infinity;
}

const gl =
  (alpha: number, k: number): Update =>
  (state, errors) =>
    glUpdate(state, errors, { alpha, k });
const pq =
  (alpha: number, k: number): Update =>
  (state, errors) =>
    pqUpdate(state, errors, { alpha, k });
const up =
  (s: number, k: number): Update =>
  (state, errors) =>
    upUpdate(state, errors, { s, k });

/** The first epoch in 1..n that fulfils the condition. */
const first = (n: number, condition: (t: number) => boolean): number => {
  for (let t = 1; t <= n; t++) if (condition(t)) return t;
  return Infinity;
};

const lossAt = (validation: readonly number[], t: number): number =>
  100 * (validation[t - 1]! / Math.min(...validation.slice(0, t)) - 1);

/** What Prechelt's criteria promise. */
export const precheltLaws: readonly Law[] = [
  law({
    id: 'prechelt/generalization-loss',
    statement:
      'GL is 100 (E / E_opt - 1): never negative, and 0 exactly where the running minimum is attained.',
    cases: drawn(curves),
    slack: ({ validation }) => {
      let state = initialPrechelt;
      const slacks = validation.map((error, i) => {
        state = glUpdate(state, { validation: error }, { alpha: 1e9 }).state;
        const loss = generalizationLoss(error, state.best!);
        const attained = error === Math.min(...validation.slice(0, i + 1));
        return Math.min(
          near(loss, lossAt(validation, i + 1), 1e-14),
          holds(loss >= 0 && (loss === 0) === attained),
        );
      });
      return Math.min(...slacks);
    },
  }),
  law({
    id: 'prechelt/gl-by-definition',
    statement: 'GL stops at the first epoch whose generalization loss exceeds alpha.',
    cases: drawn((draw) => ({ ...curves(draw), alpha: draw.pick([1, 20, 50, 100, 200]) })),
    slack: ({ alpha, ...given }) => {
      const { validation, k } = given;
      const want = first(validation.length, (t) => lossAt(validation, t) > alpha);
      return holds(stopOf(given, gl(alpha, k)) === want);
    },
  }),
  law({
    id: 'prechelt/pq-by-definition',
    statement:
      'PQ stops at the first end of a strip at which GL exceeds alpha times the progress 1000 (mean / min - 1) of the training errors in the strip.',
    cases: drawn((draw) => ({ ...curves(draw), alpha: draw.pick([0.01, 0.1, 0.5, 1]) })),
    slack: ({ alpha, ...given }) => {
      const { train, validation, k } = given;
      const progress = (t: number): number => {
        const strip = train.slice(t - k, t);
        return 1000 * (strip.reduce((a, b) => a + b) / (k * Math.min(...strip)) - 1);
      };
      // Of quarters up to 2 the two sides differ by rounding or by more than that.
      const exceeds = (t: number): boolean => lossAt(validation, t) > alpha * progress(t) + 1e-9;
      const want = first(validation.length, (t) => t % k === 0 && exceeds(t));
      const got = stopOf(given, pq(alpha * (1 + 1e-12), k));
      return holds(got === want);
    },
  }),
  law({
    id: 'prechelt/up-by-recursion',
    statement:
      'UP_s holds at the end t of a strip if the error is above that of t - k and UP_(s-1) held there: s rises in a row, at (s + 1) k at the earliest.',
    cases: drawn((draw) => ({ ...curves(draw), s: draw.integer(1, 3) })),
    slack: ({ s, ...given }) => {
      const { validation, k } = given;
      const rose = (t: number): boolean => validation[t - 1]! > validation[t - k - 1]!;
      const held = (t: number, n: number): boolean =>
        t >= (n + 1) * k && t % k === 0 && rose(t) && (n === 1 || held(t - k, n - 1));
      const want = first(validation.length, (t) => held(t, s));
      return holds(stopOf(given, up(s, k)) === want);
    },
  }),
  law({
    id: 'prechelt/decreasing-never-stops',
    statement: 'While the validation error falls at every epoch, no criterion stops.',
    cases: drawn((draw) => ({
      drops: Array.from({ length: draw.integer(1, 16) }, () => draw.integer(1, 5)),
      flat: draw.pick([true, false]),
      k: draw.integer(2, 4),
    })),
    slack: ({ drops, flat, k }) => {
      let value = 100;
      const validation = drops.map((drop) => (value -= drop));
      // Without any progress of training, too.
      const train = flat ? validation.map(() => 1) : validation;
      const stops = [gl(1e-9, k), pq(1e-9, k), up(1, k)].map((update) =>
        stopOf({ train, validation, k }, update),
      );
      return holds(stops.every((stop) => stop === Infinity));
    },
  }),
  law({
    id: 'prechelt/monotone',
    statement: 'A larger alpha of GL or PQ, or s of UP, never stops earlier.',
    cases: drawn(curves),
    slack: (given) => {
      const { k } = given;
      const grows = (stops: readonly number[]): boolean =>
        stops.every((stop, i) => i === 0 || stop >= stops[i - 1]!);
      const alphas = [0.01, 0.1, 1, 10, 100];
      return holds(
        grows(alphas.map((alpha) => stopOf(given, gl(alpha, k)))) &&
          grows(alphas.map((alpha) => stopOf(given, pq(alpha, k)))) &&
          grows([1, 2, 3].map((s) => stopOf(given, up(s, k)))),
      );
    },
  }),
  law({
    id: 'prechelt/ignores-scale',
    statement:
      'Multiplying all errors by a positive factor changes neither GL nor progress, nor when any criterion stops.',
    cases: drawn((draw) => ({ ...curves(draw), factor: draw.pick([0.125, 2, 1024]) })),
    slack: ({ factor, ...given }) => {
      const times = (errors: readonly number[]): number[] => errors.map((x) => x * factor);
      const { train, validation, k } = given;
      const larger = { train: times(train), validation: times(validation), k };
      const rules = [gl(20, k), pq(0.1, k), up(1, k)];
      return Math.min(
        exactly(trainingProgress(larger.train), trainingProgress(train)),
        exactly(
          generalizationLoss(larger.validation[0]!, larger.validation.at(-1)!),
          generalizationLoss(validation[0]!, validation.at(-1)!),
        ),
        ...rules.map((rule) => holds(stopOf(larger, rule) === stopOf(given, rule))),
      );
    },
  }),
  law({
    id: 'prechelt/stands-still',
    statement:
      'A training that makes no progress is stopped by PQ at the end of a strip if there is any generalization loss, and not if there is none.',
    cases: drawn((draw) => ({
      k: draw.integer(2, 5),
      level: draw.integer(1, 8),
      loss: draw.pick([0, 1]),
    })),
    slack: ({ k, level, loss }) => {
      const train = Array.from({ length: k }, () => level);
      const validation = train.map((_, i) => (i === k - 1 ? level + loss : level));
      return holds(stopOf({ train, validation, k }, pq(3, k)) === (loss === 0 ? Infinity : k));
    },
  }),
  law({
    id: 'prechelt/limits',
    statement:
      'Whatever the criterion says, the training stops after maxEpochs, and at the first end of a strip whose progress is below minProgress.',
    cases: drawn((draw) => ({
      ...curves(draw),
      minProgress: draw.pick([0.1, 50, 200, 1000]),
      maxEpochs: draw.integer(1, 16),
    })),
    slack: ({ minProgress, maxEpochs, ...given }) => {
      const { train, validation, k } = given;
      const slow = (t: number): boolean =>
        t % k === 0 && trainingProgress(train.slice(t - k, t)) < minProgress;
      const rules: readonly Update[] = [
        (state, errors) => glUpdate(state, errors, { alpha: 1e9, k, minProgress, maxEpochs }),
        (state, errors) => upUpdate(state, errors, { s: 99, k, minProgress, maxEpochs }),
      ];
      const n = validation.length;
      const want = first(n, (t) => slow(t) || t >= maxEpochs);
      return holds(rules.every((rule) => stopOf(given, rule) === want));
    },
  }),
  law({
    id: 'prechelt/needs-positive-errors',
    statement: 'GL and PQ refuse a lowest error that is not positive; UP takes any.',
    cases: drawn((draw) => ({ lowest: draw.pick([0, -1, -0.25]), k: draw.integer(2, 4) })),
    slack: ({ lowest, k }) => {
      const errorOf = (update: Update): unknown =>
        thrown(() => update(initialPrechelt, { train: 1, validation: lowest }));
      return holds(
        errorOf(gl(5, k)) instanceof RangeError &&
          errorOf(pq(1, k)) instanceof RangeError &&
          errorOf(up(1, k)) === null,
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'prechelt/restores-the-best',
    statement:
      'With restoreBestWeights the weights after training are those of the lowest validation error, bit for bit; without, the last ones.',
    cases: drawn((draw) => {
      const given = curves(draw);
      return { ...given, weights: given.validation.map(() => draw.tensor([])) };
    }),
    slack: ({ weights, ...given }) => {
      const { validation, k } = given;
      const end = Math.min(stopOf(given, up(1, k)), validation.length);
      const seen = validation.slice(0, end);
      const best = weights[seen.indexOf(Math.min(...seen))]!;
      const rule = { criterion: 'UP', s: 1, k } as const;
      const left = prechelt(rule);
      const restored = prechelt({ ...rule, restoreBestWeights: true });
      return Math.min(
        exactly(stoppedWeight(restored, validation, weights), best),
        exactly(stoppedWeight(left, validation, weights), weights[end - 1]!),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'prechelt/defaults',
    statement:
      'Left out, strips have 5 values, and nothing else stops but values that are not finite; the recipe asks for 2 strips of 5 and holds out a fifth.',
    cases: drawn((draw) => ({
      train: Array.from({ length: 12 }, () => draw.integer(1, 8) / 4),
      validation: Array.from({ length: 12 }, (_, i) => 1 + i + draw.integer(0, 3)),
    })),
    slack: (errors) => {
      const given = { ...errors, k: 5 };
      const plain: readonly (readonly [Update, Update])[] = [
        [(state, seen) => upUpdate(state, seen, { s: 1 }), up(1, 5)],
        [(state, seen) => pqUpdate(state, seen, { alpha: 0.01 }), pq(0.01, 5)],
      ];
      // Neither a training that stands still nor the number of epochs stops; what is not finite does.
      const still = { ...given, train: given.train.map(() => 1) };
      const decisions = [Number.NaN, Infinity].flatMap((validation) => [
        glUpdate(initialPrechelt, { validation }, { alpha: 1 }).stop,
        upUpdate(initialPrechelt, { validation }, { s: 1 }).stop,
        pqUpdate(initialPrechelt, { validation: 1, train: validation }, { alpha: 1 }).stop,
      ]);
      return Math.min(
        ...plain.map(([left, set]) => holds(stopOf(given, left) === stopOf(given, set))),
        holds(stopOf(still, gl(1e9, 5)) === Infinity),
        holds(stopOf(still, up(99, 5)) === Infinity),
        holds(decisions.every((stop) => stop === 'non-finite')),
        holds(upUpdate(initialPrechelt, { validation: 1 }, { s: 1, epoch: 1e9 }).stop === null),
        recipeTakes(precheltMethod, { s: 2, k: 5, validationFraction: 0.2 }),
      );
    },
    effort: 0.5,
  }),
  stoppingLaw(precheltMethod, ({ s, k }) =>
    prechelt({ criterion: 'UP', s: s!, k: k!, restoreBestWeights: true }),
  ),
];
