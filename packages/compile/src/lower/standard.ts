import { argmax } from './loops/indexing/argmax.ts';
import { concat, pad } from './loops/indexing/assemble.ts';
import { check } from './loops/indexing/check.ts';
import { gather } from './loops/indexing/gather.ts';
import { scatterAdd } from './loops/indexing/scatter-add.ts';
import { sumWindows } from './loops/indexing/sum-windows.ts';
import { foldIn } from './loops/random/fold-in.ts';
import { normalFromBits } from './loops/random/normal-from-bits.ts';
import { randomBits } from './loops/random/random-bits.ts';
import { type Lowerings, tablesOf } from './lowerings.ts';
import { arithmetic } from './maps/arithmetic.ts';
import { casts } from './maps/casts.ts';
import { functions } from './maps/functions.ts';
import { selection } from './maps/selection.ts';

/**
 * Rules for what the training of networks consists of: the default of `compile`, so that a page which trains
 * loads no more than that. Everything else runs by its eager kernel, with the same results: that takes about
 * a microsecond more than the plain operation, but nothing is fused with it and no vectors are used. Programs
 * that compute much of that sort are faster with `allLowerings`. The README lists what is in which.
 */
export const standardLowerings: Lowerings = /* @__PURE__ */ tablesOf(
  [arithmetic, selection, casts, functions],
  [
    [
      argmax,
      check,
      concat,
      foldIn,
      gather,
      normalFromBits,
      pad,
      randomBits,
      scatterAdd,
      sumWindows,
    ],
  ],
);
