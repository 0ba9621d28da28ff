import { bad, requireCounts } from './numbers.ts';
import {
  checkLimits,
  generalizationLoss,
  type PrecheltDecision,
  type PrecheltErrors,
  type PrecheltLimits,
  type PrecheltState,
  precheltUpdate,
  trainingProgress,
} from './prechelt-update.ts';

/** When the generalization loss stops a training. */
export interface GlRule extends PrecheltLimits {
  /** The generalization loss, in percent, that is too much; > 0. The paper has 1 to 5. */
  readonly alpha: number;
}

/** When the quotient of generalization loss and progress stops a training. */
export interface PqRule extends PrecheltLimits {
  /** The quotient that is too much; > 0. The paper has 0.5 to 3. */
  readonly alpha: number;
}

/** When rising validation errors stop a training. */
export interface UpRule extends PrecheltLimits {
  /** Strips in a row at whose ends the error must have risen; >= 1. The paper has 2 to 8. */
  readonly s: number;
}

type Rule<R> = R & { readonly epoch?: number };

/**
 * One step of Prechelt's criterion `GL`: stops as soon as the generalization loss exceeds `alpha`. A pure
 * function.
 *
 * @param state  `initialPrechelt`, then what the last call returned
 * @param errors  those of this epoch
 * @param rule  the rule, and `epoch` if it is not the one after `state.epoch`
 * @throws RangeError for a number out of range, or if the lowest validation error is not positive: losses
 * that may be so need `patienceUpdate`. TypeError if training errors are needed and missing
 * @see Prechelt, "Early Stopping - But When?", in Neural Networks: Tricks of the Trade (1998)
 * @example
 * ```ts
 * const { state } = train.glUpdate(train.initialPrechelt, { validation: 3 }, { alpha: 5 });
 * train.glUpdate(state, { validation: 3.1 }, { alpha: 5 }).stop; // => null
 * train.glUpdate(state, { validation: 3.3 }, { alpha: 5 }).stop; // => 'GL'
 * ```
 */
export function glUpdate(
  state: PrecheltState,
  errors: PrecheltErrors,
  rule: Rule<GlRule>,
): PrecheltDecision {
  checkGlRule(rule);
  return precheltUpdate(state, errors, rule, {
    name: 'GL',
    needsTraining: false,
    stops: ({ validation, best }) => {
      requirePositive('GL', best);
      return generalizationLoss(validation, best) > rule.alpha;
    },
  });
}

/**
 * One step of Prechelt's criterion `PQ`: at the ends of strips of `k` values, stops when the generalization
 * loss exceeds `alpha` times the progress of training within the strip, so that a training that still
 * moves fast goes on. A pure function.
 *
 * @param state  `initialPrechelt`, then what the last call returned
 * @param errors  those of this epoch
 * @param rule  the rule, and `epoch` if it is not the one after `state.epoch`
 * @throws as `glUpdate`; RangeError for a training error below 0, TypeError for one that is missing
 * @see Prechelt, "Early Stopping - But When?", in Neural Networks: Tricks of the Trade (1998)
 * @example
 * ```ts
 * const rule = { alpha: 0.5, k: 2 };
 * const { state } = train.pqUpdate(train.initialPrechelt, { train: 1, validation: 2 }, rule);
 * train.pqUpdate(state, { train: 0.5, validation: 2.2 }, rule).stop; // => null
 * train.pqUpdate(state, { train: 0.98, validation: 2.2 }, rule).stop; // => 'PQ'
 * ```
 */
export function pqUpdate(
  state: PrecheltState,
  errors: PrecheltErrors,
  rule: Rule<PqRule>,
): PrecheltDecision {
  checkPqRule(rule);
  return precheltUpdate(state, errors, rule, {
    name: 'PQ',
    needsTraining: true,
    stops: ({ validation, best, strip }) => {
      requirePositive('PQ', best);
      if (strip === null) return false;
      // Without a division: no loss and no progress is no reason to stop.
      return generalizationLoss(validation, best) > rule.alpha * trainingProgress(strip);
    },
  });
}

/**
 * One step of Prechelt's criterion `UP`: stops when the validation error has risen from end to end of `s`
 * strips of `k` values in a row, however much or little; at epoch `(s + 1) k` at the earliest. A pure
 * function.
 *
 * @param state  `initialPrechelt`, then what the last call returned
 * @param errors  those of this epoch
 * @param rule  the rule, and `epoch` if it is not the one after `state.epoch`
 * @throws RangeError for a number out of range; TypeError if training errors are needed and missing
 * @see Prechelt, "Early Stopping - But When?", in Neural Networks: Tricks of the Trade (1998)
 * @example
 * ```ts
 * const rule = { s: 1, k: 1 };
 * const { state } = train.upUpdate(train.initialPrechelt, { validation: 2 }, rule);
 * train.upUpdate(state, { validation: 2 }, rule).stop; // => null
 * train.upUpdate(state, { validation: 2.1 }, rule).stop; // => 'UP'
 * ```
 */
export function upUpdate(
  state: PrecheltState,
  errors: PrecheltErrors,
  rule: Rule<UpRule>,
): PrecheltDecision {
  checkUpRule(rule);
  return precheltUpdate(state, errors, rule, {
    name: 'UP',
    needsTraining: false,
    stops: ({ rises, strip }) => strip !== null && rises >= rule.s,
  });
}

/** Ratios to an error that is not positive mean nothing. */
function requirePositive(name: string, best: number): void {
  if (!(best <= 0)) return;
  throw new RangeError(
    `prechelt: ${name} compares with the lowest validation error, which is ${best}, by a ratio.\n  For losses that may be <= 0 use UP or patience.`,
  );
}

/** @throws RangeError for a number out of range */
export function checkGlRule(rule: GlRule): void {
  requireAlpha(rule.alpha);
  checkLimits(rule, 1);
}

/** @throws RangeError for a number out of range */
export function checkPqRule(rule: PqRule): void {
  requireAlpha(rule.alpha);
  checkLimits(rule, 2);
}

/** @throws RangeError for a number out of range */
export function checkUpRule(rule: UpRule): void {
  requireCounts('prechelt', 1, { s: rule.s });
  checkLimits(rule, 1);
}

function requireAlpha(alpha: number): void {
  if (Number.isFinite(alpha) && alpha > 0) return;
  throw bad(
    'prechelt: alpha must be finite and > 0',
    alpha,
    'GL takes percents, such as 5; PQ takes quotients, such as 0.75.',
  );
}
