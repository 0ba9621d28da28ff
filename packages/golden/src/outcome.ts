/** What became of one case. */
export interface Outcome {
  readonly id: string;
  /** The operation or method. */
  readonly op: string;
  readonly status: 'passed' | 'mismatch' | 'unsupported';
  /** What is wrong, one line each. */
  readonly problems: readonly string[];
}
