import type { Pass } from './pass.ts';
import { broadcastRules } from './rules/broadcasts.ts';
import { partRules } from './rules/parts.ts';
import { shapeRules } from './rules/shapes.ts';
import { type NamedRule, rulesOf, simplifying } from './simplifier.ts';

/** The rules of this pass. */
export const movementIdentities: readonly NamedRule[] = [
  ...shapeRules,
  ...partRules,
  ...broadcastRules,
];

/**
 * Leaves out moves that come to nothing, joins those that follow one another, takes slices from where
 * their elements come from, and computes maps before what they use is repeated.
 */
export const simplifyMovement: Pass = /* @__PURE__ */ simplifying(
  'simplify-movement',
  /* @__PURE__ */ rulesOf(movementIdentities),
);
