import { add, astype, div, equal, type Tensor, tensor, where } from '@tikhonov/core';
import { at, mapNamed } from './named.ts';
import type { Named, Transform } from './transform.ts';

/** A count of steps, int32 `[]`, and for every slot one tensor for each parameter. */
export type SlotState<Slot extends string> = {
  /** Steps taken, int32 `[]`. */
  readonly count: Tensor;
} & Readonly<Record<Slot, Named>>;

/** One parameter's tensors, by slot. */
export type Slots<Slot extends string> = Readonly<Record<Slot, Tensor>>;

/** What a transform does with every parameter alone. */
export interface SlotRule<Slot extends string, Shared> {
  /** What a slot holds before the first step. */
  readonly init: Readonly<Record<Slot, (w: Tensor) => Tensor>>;
  /** What all parameters share in a step, from its number (1, 2, ...), float64 `[]`. */
  readonly shared: (t: Tensor) => Shared;
  /** The update and the slots after it. */
  readonly step: (
    g: Tensor,
    slots: Slots<Slot>,
    shared: Shared,
    w: Tensor,
  ) => readonly [Tensor, Slots<Slot>];
}

/** A transform that treats every parameter alone. Those without an update keep their slots. */
export function slotwise<Slot extends string, Shared>(
  rule: SlotRule<Slot, Shared>,
): Transform<SlotState<Slot>> {
  const names = Object.keys(rule.init) as Slot[];
  const perSlot = (f: (slot: Slot) => Named): Readonly<Record<Slot, Named>> =>
    // A record over the names of a union cannot be built entry by entry.
    Object.fromEntries(names.map((slot) => [slot, f(slot)])) as Readonly<Record<Slot, Named>>;
  return {
    init: (params) => ({
      count: tensor(0, { dtype: 'int32' }),
      ...perSlot((slot) => mapNamed(params, rule.init[slot])),
    }),
    update(updates, state, params) {
      const count = add(state.count, 1);
      const shared = rule.shared(astype(count, 'float64'));
      const stepped = Object.entries(updates).map(([name, g]) => {
        const held = names.map((slot) => [slot, at(state[slot], name)]);
        const slots = Object.fromEntries(held) as Slots<Slot>;
        return [name, rule.step(g, slots, shared, at(params, name))] as const;
      });
      const after = perSlot((slot) => ({
        ...state[slot],
        ...Object.fromEntries(stepped.map(([name, [, slots]]) => [name, slots[slot]])),
      }));
      const moved = Object.fromEntries(stepped.map(([name, [update]]) => [name, update]));
      return [moved, { count, ...after }];
    },
  };
}

/** `x / (root + eps)`; 0 where `eps` is 0 and so is the root: what never had a gradient stays. */
export function overRoot(x: Tensor, root: Tensor, eps: number): Tensor {
  if (eps > 0) return div(x, add(root, eps));
  const still = equal(root, 0);
  return where(still, 0, div(x, where(still, 1, root)));
}
