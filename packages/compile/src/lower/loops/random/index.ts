import type { LoopRule } from '../../rule.ts';
import { foldIn } from './fold-in.ts';
import { logGammaDraw } from './log-gamma-draw.ts';
import { normalFromBits } from './normal-from-bits.ts';
import { poissonDraw } from './poisson-draw.ts';
import { randomBits } from './random-bits.ts';
import { truncatedDraw } from './truncated-draw.ts';

export { type KeyLanes, keyLanes, threefryCounters, threefryLanes } from './threefry.ts';

/** Kernels of random draws: the same bits as the eager ones. */
export const randomRules: ReadonlyMap<string, LoopRule> = /* @__PURE__ */ new Map([
  foldIn,
  logGammaDraw,
  normalFromBits,
  poissonDraw,
  randomBits,
  truncatedDraw,
]);
