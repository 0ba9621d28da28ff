import type { AnyPrimitive } from '@tikhonov/core/engine';
import type { LoopRule } from '../rule.ts';
import { indexingRules } from './indexing/index.ts';
import { linalgRules } from './linalg/index.ts';
import { randomRules } from './random/index.ts';

/** The rule of every primitive that has a kernel of its own. */
export const loopRules: ReadonlyMap<AnyPrimitive, LoopRule> = /* @__PURE__ */ new Map([
  ...indexingRules,
  ...linalgRules,
  ...randomRules,
]);
