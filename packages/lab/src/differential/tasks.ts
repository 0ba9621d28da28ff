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
import { compiledBy, type Inspectable, type Inspected, type Variant } from './compiler.ts';
import { usesIn } from './uses.ts';

/** Programs of one task: their arbitrary's seed repeats exactly these. */
export const chunk = 50;
/** How deep programs are at least: see `Program.depth`. */
export const depth = 10;
/** Seconds that a counterexample is made smaller for. */
const patience = 30;
/** Of programs that differ, so many of a chunk are made smaller; more of the same tell little. */
const most = 2;

/** Programs, or the cases of one law, for another thread. */
export type DifferentialTask = { readonly seed: number; readonly variant: Variant } & (
  | { readonly kind: 'programs'; readonly count: number }
  | { readonly kind: 'law'; readonly id: string; readonly runs: number }
);

/** A program on which compiled and eager differ. */
export interface Disagreement {
  readonly seed: number;
  readonly variant: Variant;
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
  /** In how many of them, as they were compiled, each primitive is: see `usesIn`. */
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

/** Every primitive and composite, alone, with its pullback and with second derivatives, against eager. */
export const differentialLaws = (variant: Variant = 'all'): Law[] =>
  agreementLaws([...primitives, ...operations], compiledBy(variant));

const known = new Map<Variant, ReadonlyMap<string, Law>>();

/** Runs a task. */
export function runDifferential(task: DifferentialTask): DifferentialResult {
  const { variant, seed } = task;
  if (task.kind === 'programs') return runPrograms(seed, task.count, compiledBy(variant), variant);
  const laws = known.get(variant) ?? new Map(differentialLaws(variant).map((law) => [law.id, law]));
  known.set(variant, laws);
  const law = laws.get(task.id);
  if (law === undefined) throw new Error(`internal: no law ${task.id}`);
  return { kind: 'law', result: runLaw(law, { seed, runs: task.runs, full: true }) };
}

const arbitrary = programs({ operations, minDepth: depth });

/** The programs of a seed. */
export const programsOf = (seed: number, count: number): Program[] =>
  fc.sample(arbitrary, { seed, numRuns: count });

/** Compares the programs of a seed, and makes those that differ smaller. */
export function runPrograms(
  seed: number,
  count: number,
  transform: Inspected,
  variant: Variant = 'all',
): ProgramsResult {
  const counts: Record<string, number> = {};
  const sharpness: Sharpness = { exact: 0, sharp: 0, loose: 0, open: 0 };
  const disagreements: Disagreement[] = [];
  let [steps, run] = [0, 0];
  for (const [index, program] of programsOf(seed, count).entries()) {
    let made: Inspectable | undefined;
    const watched: Transformation = (f) => {
      made = transform(f);
      return made;
    };
    const found = agreement(program.experiment(), watched);
    run += 1;
    steps += program.steps.length;
    for (const { graph } of made?.explain?.() ?? []) {
      for (const use of usesIn(graph)) counts[use] = (counts[use] ?? 0) + 1;
    }
    for (const key of ['exact', 'sharp', 'loose', 'open'] as const) {
      sharpness[key] += found.sharpness[key];
    }
    if (found.problem === null) continue;
    const smallest = shrunk(program, transform, performance.now() + 1000 * patience);
    disagreements.push({
      seed,
      variant,
      index,
      problem: found.problem,
      shrunkProblem: problemOf(smallest, transform) ?? found.problem,
      code: String(smallest),
    });
    if (disagreements.length === most) break;
  }
  return { kind: 'programs', count: run, counts, steps, sharpness, disagreements };
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
