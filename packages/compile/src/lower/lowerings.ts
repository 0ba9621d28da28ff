import type { LoopEntry } from './loops/entry.ts';
import type { MapEntry } from './maps/entry.ts';
import type { LoopRule, MapRule } from './rule.ts';

/**
 * How primitives become WebAssembly, by their names. One that has no rule here is run by its eager
 * kernel, which the program calls.
 */
export interface Lowerings {
  readonly maps: ReadonlyMap<string, MapRule>;
  /** Maps that are better computed again than written to memory and read back. */
  readonly cheap: ReadonlySet<string>;
  readonly loops: ReadonlyMap<string, LoopRule>;
}

/** Tables of entries. */
export const tablesOf = (
  maps: readonly (readonly MapEntry[])[],
  loops: readonly Iterable<LoopEntry | readonly [string, LoopRule]>[],
): Lowerings => {
  const entries = maps.flat();
  return {
    maps: new Map(entries.map(({ name, rule }) => [name, rule])),
    cheap: new Set(entries.flatMap(({ name, cost }) => (cost === 'cheap' ? [name] : []))),
    loops: new Map(loops.flatMap((rules) => [...rules])),
  };
};
