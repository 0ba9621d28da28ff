import type { LoopRule } from '../../rule.ts';
import { argmax } from './argmax.ts';
import { argsort } from './argsort.ts';
import { concat, pad } from './assemble.ts';
import { check } from './check.ts';
import { cumsum } from './cumsum.ts';
import { gather } from './gather.ts';
import { permutation } from './permutation.ts';
import { scatterAdd } from './scatter-add.ts';
import { sumWindows } from './sum-windows.ts';

/** Kernels that pick, place, sort and add up elements along axes. */
export const indexingRules: ReadonlyMap<string, LoopRule> = /* @__PURE__ */ new Map([
  argmax,
  argsort,
  check,
  concat,
  cumsum,
  gather,
  pad,
  permutation,
  scatterAdd,
  sumWindows,
]);
