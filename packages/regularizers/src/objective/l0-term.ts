import { add, clamp, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Module } from '@tikhonov/nn';
import { project, type Transform } from '@tikhonov/optim';
import type { StepTerm } from '@tikhonov/train';
import { requireStrength, type Strength } from '../strength.ts';
import { L0Gates } from './l0-gates.ts';
import { l0Penalty } from './l0-hard-concrete.ts';
import { furtherDraws, requireSamples } from './sample-average.ts';

/** Options of `l0Term`. */
export interface L0TermOptions {
  /** Strength, >= 0; loss per open gate, or per open weight. */
  readonly lambda: Strength;
  /** What is counted: gates, or the weights that they switch, as the paper. @defaultValue 'gates' */
  readonly count?: 'gates' | 'weights';
  /** Draws of the gates per step, each a forward pass; the loss is their mean. @defaultValue 1 */
  readonly samples?: number;
}

const known: OptionNames<L0TermOptions> = { lambda: true, count: true, samples: true };

/**
 * The expected L0 norm of a model that `withL0Gates` gated, for `penalties` of `fit`; see `l0Penalty`. Can be
 * differentiated through: with several `samples`, the loss of the further draws is part of it.
 *
 * @throws TypeError if the model has no gates; RangeError for a bad `lambda`, `count` or `samples`
 * @example
 * ```ts
 * const model = reg.withL0Gates(nn.mlp([4, 8, 3], { seed: 0 }));
 * const term = reg.l0Term(model, { lambda: 1e-3, count: 'weights' });
 * typeof term; // => 'function'
 * ```
 */
export function l0Term(model: Module, options: L0TermOptions): StepTerm {
  const caller = 'l0Term';
  requireOptions(caller, options, known);
  const { lambda, count = 'gates', samples = 1 } = options;
  requireStrength(`${caller}: lambda`, lambda);
  requireSamples(caller, 'samples', samples);
  if (count !== 'gates' && count !== 'weights') {
    throw new RangeError(`${caller}: count must be 'gates' or 'weights', got "${String(count)}".`);
  }
  const gates = gatesIn(caller, model);
  return (context) => {
    const penalty = gates
      .map(({ logAlpha, groupSize, distribution }) =>
        l0Penalty(logAlpha, {
          ...distribution,
          lambda,
          groupSize: count === 'weights' ? groupSize : 1,
        }),
      )
      .reduce((total, one): Tensor => add(total, one));
    return samples === 1 ? penalty : add(penalty, furtherDraws(context, samples, caller));
  };
}

/** All gates of a model; a TypeError if there are none. */
export function gatesIn(caller: string, model: Module): readonly L0Gates[] {
  const gates = model.modules().filter((part) => part instanceof L0Gates);
  if (gates.length > 0) return gates;
  throw new TypeError(`${caller}: the model has no gates.\n  Put them on with withL0Gates(model).`);
}

/**
 * Keeps every `logAlpha` within `[log 1e-2, log 1e2]` after each step, as the authors' code does: a gate that
 * has closed for good can still open again. For `updates` of an optimizer.
 *
 * @example
 * ```ts
 * const model = reg.withL0Gates(new nn.Linear(2, 1, { seed: 0 }), { dropRateInit: 0.001 });
 * const optimizer = optim.adam(model, { lr: 0.1, updates: () => [reg.l0Clamp()] });
 * optimizer.minimize(() => model.forward(ones([1, 2])).sum());
 * Object.keys(model.namedParameters()); // => ['weight', 'bias', 'gates.logAlpha']
 * ```
 */
export const l0Clamp = (): Transform =>
  project((logAlpha) => clamp(logAlpha, { min: Math.log(1e-2), max: Math.log(1e2) }), {
    select: (name) => /(^|\.)logAlpha$/.test(name),
  });
