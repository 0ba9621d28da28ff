import type { AttrsOf, PrimitiveName } from '../../graph/names.ts';
import type { LoopRule } from '../rule.ts';

/** A primitive's name with its rule. */
export type LoopEntry = readonly [PrimitiveName, LoopRule];

/** An entry whose rule has the attributes' type that its primitive has. */
export const entry = <Name extends PrimitiveName>(
  name: Name,
  rule: LoopRule<AttrsOf<Name>>,
): LoopEntry => [name, rule as LoopRule];
