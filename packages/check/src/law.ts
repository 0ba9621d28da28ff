import type fc from 'fast-check';

/**
 * A statement of the theory that a machine tries to falsify: cases are drawn, and for each the slack
 * says by how much the statement holds.
 */
export interface Law<Case = unknown> {
  /** Unique, `method/what-it-says`, such as `l1/keeps-exact-zeros`. */
  readonly id: string;
  /** What is claimed, in one line a student can read, formulas in plain text. */
  readonly statement: string;
  /** How cases are drawn; it shrinks, so a counterexample is small. */
  readonly cases: fc.Arbitrary<Case>;
  /**
   * By how much the law holds for a case: negative (or NaN) falsifies it. For an equality, the
   * tolerance less the error, in the units of the tolerance: 1 is exact, 0 is the limit.
   */
  readonly slack: (example: Case) => number;
  /** How a case is shown to a person. @defaultValue JSON */
  readonly show?: (example: Case) => string;
  /** Multiplies the number of runs; below 1 for laws whose cases are expensive. @defaultValue 1 */
  readonly effort?: number;
  /** Floating dtypes that every case is tried in, for reports. */
  readonly dtypes?: readonly ('float64' | 'float32')[];
}

/** A law whose case type does not matter to the holder. */
export const law = <Case>(definition: Law<Case>): Law => definition as Law<unknown>;
