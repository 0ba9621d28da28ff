import { add, astype, equal, mul, type Tensor, tensor, where, zerosLike } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { at, mapNamed } from './named.ts';
import { belowOne, requireNumber } from './scalars.ts';
import type { Named, Transform } from './transform.ts';

/** Options of `trace`. */
export interface TraceOptions {
  /** Share of the buffer that stays, in [0, 1). */
  readonly momentum: number;
  /** Share of the gradient that is left out, from the second step on; in [0, 1]. @defaultValue 0 */
  readonly dampening?: number;
  /** Look ahead: `g + momentum * buffer`. @defaultValue false */
  readonly nesterov?: boolean;
}

/** State of `trace`. */
export type TraceState = {
  /** Steps taken, int32 `[]`. */
  readonly count: Tensor;
  /** The momentum buffers. */
  readonly trace: Named;
};

/**
 * Momentum: `b = momentum * b + (1 - dampening) g`, with `b = g` at the first step as in PyTorch.
 *
 * @throws RangeError if `momentum` is outside [0, 1), `dampening` outside [0, 1], or `nesterov` comes
 * without momentum or with dampening
 * @see Sutskever, Martens, Dahl & Hinton, "On the importance of initialization and momentum in deep
 * learning", ICML 2013
 */
export function trace(options: TraceOptions): Transform<TraceState> {
  requireOptions('trace', options, { momentum: true, dampening: true, nesterov: 'boolean' });
  const { momentum, dampening = 0, nesterov = false } = options;
  requireNumber('trace', 'momentum', momentum, belowOne);
  requireNumber('trace', 'dampening', dampening, {
    test: (x) => x >= 0 && x <= 1,
    says: 'in [0, 1]',
  });
  requireNesterov('trace', { momentum, dampening, nesterov });
  return {
    init: (params) => ({
      count: tensor(0, { dtype: 'int32' }),
      trace: mapNamed(params, (w) => zerosLike(w)),
    }),
    update(updates, state) {
      const share = where(equal(state.count, 0), 1, tensor(1 - dampening, { dtype: 'float64' }));
      const fresh = (g: Tensor): Tensor => (dampening === 0 ? g : mul(g, astype(share, g.dtype)));
      const moved = mapNamed(updates, (g, name) =>
        add(mul(at(state.trace, name), momentum), fresh(g)),
      );
      const next = { count: add(state.count, 1), trace: { ...state.trace, ...moved } };
      const ahead = nesterov
        ? mapNamed(updates, (g, name) => add(g, mul(at(moved, name), momentum)))
        : moved;
      return [ahead, next];
    },
  };
}

/** Nesterov's form is defined for momentum without dampening only. */
export function requireNesterov(
  name: string,
  options: { readonly momentum: number; readonly dampening: number; readonly nesterov: boolean },
): void {
  const { momentum, dampening, nesterov } = options;
  if (nesterov && !(momentum > 0 && dampening === 0)) {
    throw new RangeError(
      `${name}: nesterov needs momentum > 0 and dampening 0, got momentum ${momentum} and dampening ${dampening}.`,
    );
  }
}
