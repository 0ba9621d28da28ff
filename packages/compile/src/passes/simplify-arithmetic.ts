import type { Pass } from './pass.ts';
import { arithmeticRules } from './rules/arithmetic.ts';
import { choiceRules } from './rules/choices.ts';
import { logicRules } from './rules/logic.ts';
import { type NamedRule, rulesOf, simplifying } from './simplifier.ts';

/** The rules of this pass. */
export const arithmeticIdentities: readonly NamedRule[] = [
  ...arithmeticRules,
  ...logicRules,
  ...choiceRules,
];

/**
 * Identities of arithmetic and logic, those only that keep every bit: zeros their signs, infinities and
 * NaN. So x + 0 stays, for it makes 0 of -0, while x - 0 goes.
 */
export const simplifyArithmetic: Pass = /* @__PURE__ */ simplifying(
  'simplify-arithmetic',
  /* @__PURE__ */ rulesOf(arithmeticIdentities),
);
