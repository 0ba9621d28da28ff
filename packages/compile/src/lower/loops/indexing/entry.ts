import { type AnyPrimitive, erase, type Primitive } from '@tikhonov/core/engine';
import type { LoopRule } from '../../rule.ts';

/** A primitive with its rule. */
export type LoopEntry = readonly [AnyPrimitive, LoopRule];

/** An entry whose rule has the attributes' type that its primitive has. */
export const entry = <N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  rule: LoopRule<Attrs>,
): LoopEntry => [erase(primitive), rule as LoopRule];
