import type { AnyPrimitive } from '@tikhonov/core/engine';
import { loopRules } from './loops/index.ts';
import { cheapMaps, mapRules } from './maps/index.ts';
import type { LoopRule, MapRule } from './rule.ts';

/**
 * How primitives become WebAssembly. One that has no rule here is run by its eager kernel, which the
 * program calls.
 */
export interface Lowerings {
  readonly maps: ReadonlyMap<AnyPrimitive, MapRule>;
  /** Maps that are better computed again than written to memory and read back. */
  readonly cheap: ReadonlySet<AnyPrimitive>;
  readonly loops: ReadonlyMap<AnyPrimitive, LoopRule>;
}

/** The rules of all primitives. */
export const allLowerings: Lowerings = /* @__PURE__ */ {
  maps: mapRules,
  cheap: cheapMaps,
  loops: loopRules,
};
