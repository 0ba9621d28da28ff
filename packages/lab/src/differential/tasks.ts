import {
  agreement,
  agreementLaws,
  fc,
  type Law,
  type LawResult,
  type Program,
  programs,
  runLaw,
  type Sharpness,
  type Transformation,
} from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import { operations } from '../operations/index.ts';
import { compiled } from './compiler.ts';

/** Programs of one task: their arbitrary's seed repeats exactly these. */
export const chunk = 50;
/** Seconds that a counterexample is made smaller for. */
const patience = 60;

/** Programs, or the cases of one law, for another thread. */
export type DifferentialTask =
  | { readonly kind: 'programs'; readonly seed: number; readonly count: number }
  | { readonly kind: 'law'; readonly id: string; readonly seed: number; readonly runs: number };

/** A program on which compiled and eager differ. */
export interface Disagreement {
  readonly seed: number;
  /** Its place among the programs of that seed. */
  readonly index: number;
  /** What is wrong with the program that was found, and with the smaller one. */
  readonly problem: string;
  readonly shrunkProblem: string;
  readonly code: string;
}

/** What became of some programs. */
export interface ProgramsResult {
  readonly kind: 'programs';
  readonly count: number;
  /** In how many of them each primitive ran. */
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly sharpness: Sharpness;
  readonly disagreements: readonly Disagreement[];
}

/** What became of a law. */
export interface LawOutcome {
  readonly kind: 'law';
  readonly result: LawResult;
}

export type DifferentialResult = ProgramsResult | LawOutcome;

/** Every primitive and composite, alone and with its pullback, compiled against eager. */
export const differentialLaws = (): Law[] =>
  agreementLaws([...primitives, ...operations], compiled);

let known: ReadonlyMap<string, Law> | undefined;

/** Runs a task. */
export function runDifferential(task: DifferentialTask): DifferentialResult {
  if (task.kind === 'programs') return runPrograms(task.seed, task.count, compiled);
  known ??= new Map(differentialLaws().map((law) => [law.id, law]));
  const law = known.get(task.id);
  if (law === undefined) throw new Error(`internal: no law ${task.id}`);
  return { kind: 'law', result: runLaw(law, { seed: task.seed, runs: task.runs, full: true }) };
}

const arbitrary = programs({ operations });

/** The programs of a seed. */
export const programsOf = (seed: number, count: number): Program[] =>
  fc.sample(arbitrary, { seed, numRuns: count });

/** Compares the programs of a seed, and makes those that differ smaller. */
export function runPrograms(
  seed: number,
  count: number,
  transform: Transformation,
): ProgramsResult {
  const counts: Record<string, number> = {};
  const sharpness: Sharpness = { exact: 0, sharp: 0, loose: 0, open: 0 };
  const disagreements: Disagreement[] = [];
  let steps = 0;
  for (const [index, program] of programsOf(seed, count).entries()) {
    const found = agreement(program.experiment(), transform);
    steps += program.steps.length;
    for (const name of found.counts.keys()) counts[name] = (counts[name] ?? 0) + 1;
    for (const key of ['exact', 'sharp', 'loose', 'open'] as const) {
      sharpness[key] += found.sharpness[key];
    }
    if (found.problem === null) continue;
    const smallest = shrunk(program, transform, performance.now() + 1000 * patience);
    disagreements.push({
      seed,
      index,
      problem: found.problem,
      shrunkProblem: problemOf(smallest, transform) ?? found.problem,
      code: String(smallest),
    });
    // More of the same would cost a minute each.
    if (disagreements.length === 3) break;
  }
  return { kind: 'programs', count, counts, steps, sharpness, disagreements };
}

const problemOf = (program: Program, transform: Transformation): string | null =>
  agreement(program.experiment(), transform).problem;

/** The smallest program found that still differs. */
export function shrunk(program: Program, transform: Transformation, until: number): Program {
  let smallest = program;
  search: for (;;) {
    for (const { value } of arbitrary.shrink(smallest, undefined)) {
      if (performance.now() > until) return smallest;
      if (problemOf(value, transform) === null) continue;
      smallest = value;
      continue search;
    }
    return smallest;
  }
}
