import fc from 'fast-check';
import type { Law } from './law.ts';
import { show } from './show.ts';

/** What became of a law. */
export interface LawResult {
  readonly id: string;
  readonly statement: string;
  /** Cases tried, before shrinking. */
  readonly cases: number;
  /** The smallest slack of the cases tried; Infinity if there were none. */
  readonly worstSlack: number;
  /** What repeats this run: pass it to `runLaw`. */
  readonly seed: number;
  readonly holds: boolean;
  readonly counterexample?: Counterexample;
}

/** The smallest case found that falsifies a law. */
export interface Counterexample {
  /** The case as the law shows it, with the message of what it threw. */
  readonly text: string;
  readonly slack: number;
  /** fast-check's path to the case, for its `path` option. */
  readonly path: string;
}

/** Options of `runLaw` and `runLaws`. */
export interface RunOptions {
  /** Cases per law, times the law's `effort`. @defaultValue 100 */
  readonly runs?: number;
  /** Integer; the same seed tries the same cases. @defaultValue 0 */
  readonly seed?: number;
  /** Give every law all `runs` cases, whatever its `effort`. @defaultValue false */
  readonly full?: boolean;
}

/** 32-bit FNV-1a of the id, mixed with the seed: a law's cases do not depend on other laws. */
function seedOf(id: string, seed: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** How many cases of a law are tried when `runs` are asked for. */
export const casesOf = (law: Law, runs: number, full = false): number =>
  full ? runs : Math.max(1, Math.round(runs * (law.effort ?? 1)));

/**
 * Tries to falsify a law. A negative or NaN slack does, and so does an exception; the case is then
 * shrunk. The same seed gives the same result.
 *
 * @throws RangeError if `runs` is not an integer >= 1 or `seed` not an integer
 * @example
 * ```ts
 * const positive = law({
 *   id: 'squares/are-not-negative',
 *   statement: 'x^2 >= 0',
 *   cases: fc.integer(),
 *   slack: (x) => x * x,
 * });
 * runLaw(positive, { seed: 1 }).holds; // => true
 * ```
 */
export function runLaw(law: Law, options: RunOptions = {}): LawResult {
  const { runs = 100, seed = 0, full = false } = options;
  if (!Number.isInteger(runs) || runs < 1) {
    throw new RangeError(`runLaw: runs must be an integer >= 1, got ${runs}.`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`runLaw: the seed must be an integer, got ${seed}.`);
  }
  let cases = 0;
  let worstSlack = Infinity;
  let shrinking = false;
  const property = fc.property(law.cases, (example) => {
    const { slack } = measure(law, example);
    const holds = slack >= 0;
    if (!shrinking) {
      cases += 1;
      worstSlack = Number.isNaN(slack) ? NaN : Math.min(worstSlack, slack);
    }
    shrinking ||= !holds;
    return holds;
  });
  const numRuns = casesOf(law, runs, full);
  const about = { id: law.id, statement: law.statement, seed };
  let found: fc.RunDetails<[unknown]>;
  try {
    found = fc.check(property, { numRuns, seed: seedOf(law.id, seed) });
  } catch (error) {
    // What the property throws is measured; this came of drawing a case.
    const text = `a case could not be drawn: ${error instanceof Error ? error.message : String(error)}`;
    return {
      ...about,
      cases,
      worstSlack,
      holds: false,
      counterexample: { text, slack: NaN, path: '' },
    };
  }
  const result = { ...about, cases, worstSlack };
  if (!found.failed) return { ...result, holds: true };
  if (found.counterexample === null) {
    const text = `too few cases could be judged: ${found.numSkips} were skipped`;
    return { ...result, holds: false, counterexample: { text, slack: NaN, path: '' } };
  }
  const [example] = found.counterexample;
  const { slack, message } = measure(law, example);
  const shown = (law.show ?? show)(example);
  const text = message === undefined ? shown : `${shown}\n  threw ${message}`;
  const path = found.counterexamplePath ?? '';
  return { ...result, holds: false, counterexample: { text, slack, path } };
}

/** A law's slack; what it throws counts as NaN, and its message is kept. */
function measure(law: Law, example: unknown): { slack: number; message?: string } {
  try {
    return { slack: law.slack(example) };
  } catch (error) {
    if (error instanceof fc.PreconditionFailure) throw error;
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { slack: NaN, message };
  }
}

/**
 * Runs laws one after another; each draws its cases from the seed and its own id.
 *
 * @param options  `runs`, `seed`, and `onProgress`, called after each law
 * @throws Error if two laws have one id
 */
export function runLaws(
  laws: readonly Law[],
  options: RunOptions & {
    readonly onProgress?: (result: LawResult, done: number, total: number) => void;
  } = {},
): LawResult[] {
  const { onProgress, ...rest } = options;
  const seen = new Set<string>();
  for (const { id } of laws) {
    if (seen.has(id)) throw new Error(`runLaws: two laws have the id "${id}". Rename one.`);
    seen.add(id);
  }
  return laws.map((law, i) => {
    const result = runLaw(law, rest);
    onProgress?.(result, i + 1, laws.length);
    return result;
  });
}

/** A result in a few lines: verdict, cases, worst slack, seed, and the counterexample if any. */
export function describeResult(result: LawResult): string {
  const { id, statement, cases, worstSlack, seed, holds, counterexample } = result;
  const head = `${holds ? 'holds' : 'FALSIFIED'}  ${id}: ${statement}`;
  const body = `  ${cases} cases, worst slack ${worstSlack.toPrecision(3)}, seed ${seed}`;
  if (counterexample === undefined) return `${head}\n${body}`;
  const { text, slack, path } = counterexample;
  return `${head}\n${body}\n  counterexample (slack ${slack.toPrecision(3)}, path ${path}): ${text}`;
}

/** Throws with the counterexample unless the law holds; for use in tests. */
export function assertLaw(law: Law, options: RunOptions = {}): LawResult {
  const result = runLaw(law, options);
  if (!result.holds) throw new Error(describeResult(result));
  return result;
}
