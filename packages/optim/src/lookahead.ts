import {
  add,
  astype,
  equal,
  mul,
  remainder,
  sub,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { at, mapNamed } from './named.ts';
import type { Scalar } from './scalars.ts';
import { requireSteps } from './schedules/arguments.ts';
import { follows, requireShare, share64 } from './share.ts';
import type { Named, Transform } from './transform.ts';

/** Options of `lookahead`. */
export interface LookaheadOptions {
  /**
   * Share of the way that the slow weights follow, in (0, 1]; a cell's may change between steps.
   * @defaultValue 0.5
   */
  readonly alpha?: Scalar;
  /** Steps between two synchronisations. @defaultValue 5 */
  readonly syncPeriod?: number;
}

/** State of `lookahead`. */
export type LookaheadState = {
  /** Steps taken, int32 `[]`. */
  readonly count: Tensor;
  /** The slow weights. */
  readonly slow: Named;
};

/**
 * Behind an optimizer's step: after every `syncPeriod` steps the slow weights go `alpha` of the way to the
 * fast ones, and the fast ones start again from there.
 *
 * @throws RangeError for numbers out of range, at a step for those that a cell holds
 * @see Zhang, Lucas, Hinton & Ba, "Lookahead optimizer: k steps forward, 1 step back", NeurIPS 2019,
 * arXiv 1907.08610
 * @example
 * ```ts
 * const w = parameter(tensor([0]));
 * const updates = () => [optim.lookahead({ syncPeriod: 2 })];
 * const optimizer = optim.sgd({ w }, { lr: 1, updates });
 * optimizer.apply({ w: tensor([-1]) });
 * optimizer.apply({ w: tensor([-1]) });
 * w.read().toArray(); // => [1]
 * ```
 */
export function lookahead(options: LookaheadOptions = {}): Transform<LookaheadState> {
  requireOptions('lookahead', options, { alpha: true, syncPeriod: true });
  const { alpha = 0.5, syncPeriod = 5 } = options;
  requireShare('lookahead', 'alpha', alpha, follows);
  requireSteps('lookahead', 'syncPeriod', syncPeriod);
  return {
    init: (params) => ({ count: tensor(0, { dtype: 'int32' }), slow: params }),
    update(updates, state, params) {
      const count = add(state.count, 1);
      const syncs = equal(remainder(count, syncPeriod), 0);
      const share = share64('lookahead', 'alpha', alpha, follows);
      const slow = mapNamed(updates, (u, name) => {
        const before = at(state.slow, name);
        const fast = add(at(params, name), u);
        return where(syncs, add(before, mul(sub(fast, before), astype(share, u.dtype))), before);
      });
      const moved = mapNamed(updates, (u, name) =>
        where(syncs, sub(at(slow, name), at(params, name)), u),
      );
      return [moved, { count, slow: { ...state.slow, ...slow } }];
    },
  };
}
