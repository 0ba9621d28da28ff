import type { AnyPrimitive } from '@tikhonov/core/engine';
import type { MapRule } from '../rule.ts';
import { arithmetic } from './arithmetic.ts';
import { casts } from './casts.ts';
import type { MapEntry } from './entry.ts';
import { functions } from './functions.ts';
import { remainders } from './remainder.ts';
import { selection } from './selection.ts';

const entries: readonly MapEntry[] = /* @__PURE__ */ [
  arithmetic,
  selection,
  casts,
  functions,
  remainders,
].flat();

/** The rule of every primitive whose elements depend on the elements at the same place only. */
export const mapRules: ReadonlyMap<AnyPrimitive, MapRule> = /* @__PURE__ */ new Map(
  entries.map(({ primitive, rule }) => [primitive, rule]),
);

/** Maps that are better computed again than written to memory and read back. */
export const cheapMaps: ReadonlySet<AnyPrimitive> = /* @__PURE__ */ new Set(
  entries.flatMap(({ primitive, cost }) => (cost === 'cheap' ? [primitive] : [])),
);
