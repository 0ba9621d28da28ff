import { indexingRules } from './loops/indexing/index.ts';
import { linalgRules } from './loops/linalg/index.ts';
import { randomRules } from './loops/random/index.ts';
import { type Lowerings, tablesOf } from './lowerings.ts';
import { arithmetic } from './maps/arithmetic.ts';
import { casts } from './maps/casts.ts';
import { functions } from './maps/functions.ts';
import { rareFunctions } from './maps/rare-functions.ts';
import { remainders } from './maps/remainder.ts';
import { selection } from './maps/selection.ts';

/**
 * Rules for all primitives: those of `standardLowerings`, and trigonometry, hyperbolic and inverse
 * functions, remainders, sorting, running sums, all random draws and linear algebra. For bundles in which
 * some 18 kB more (gzipped) do not matter, or programs that compute much of these.
 *
 * @example
 * ```ts
 * const f = compile((x: Tensor) => sin(x), { lowerings: allLowerings });
 * f(tensor([0])).toArray(); // => [0]
 * ```
 */
export const allLowerings: Lowerings = /* @__PURE__ */ tablesOf(
  [arithmetic, selection, casts, functions, rareFunctions, remainders],
  [indexingRules, linalgRules, randomRules],
);
