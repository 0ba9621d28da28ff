import type { Sharpness } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import Table from 'cli-table3';
import {
  type DifferentialResult,
  type Disagreement,
  differentialLaws,
  type LawOutcome,
  type ProgramsResult,
} from './tasks.ts';
import { floats } from './uses.ts';

/** Of so many programs, one must have contained each primitive, in each dtype that it takes. */
const share = 100;
/** Fewer programs than this say little about how often something occurs. */
const enough = 20_000;

/** Everything that tasks found. */
export interface Summary {
  readonly programs: number;
  readonly steps: number;
  /** In how many programs each primitive was: see `usesIn`. */
  readonly counts: ReadonlyMap<string, number>;
  readonly sharpness: Sharpness;
  readonly disagreements: readonly Disagreement[];
  readonly laws: readonly LawOutcome['result'][];
  /** Primitives that too few programs contained, with the dtype if it is a matter of that. */
  readonly rare: readonly string[];
}

/** The keys of `Summary.counts` that a primitive must have, by the laws about it. */
function wantedUses(): string[] {
  const taken = new Map(differentialLaws().map(({ id, dtypes = [] }) => [id, dtypes]));
  return primitives.flatMap(({ name }) => [
    name,
    ...taken.get(`primitive/${name}/compiled`)!.map((dtype) => `${name} ${dtype}`),
  ]);
}

/** Adds results up. */
export function summarize(results: readonly DifferentialResult[]): Summary {
  const chunks = results.filter((r): r is ProgramsResult => r.kind === 'programs');
  const counts = new Map(wantedUses().map((use) => [use, 0]));
  const sharpness: Sharpness = { exact: 0, sharp: 0, loose: 0, open: 0 };
  for (const chunk of chunks) {
    for (const [use, n] of Object.entries(chunk.counts)) {
      if (counts.has(use)) counts.set(use, counts.get(use)! + n);
    }
    for (const key of ['exact', 'sharp', 'loose', 'open'] as const) {
      sharpness[key] += chunk.sharpness[key];
    }
  }
  const programs = chunks.reduce((n, { count }) => n + count, 0);
  const least = programs < enough ? 0 : Math.floor(programs / share);
  return {
    programs,
    steps: chunks.reduce((n, { steps }) => n + steps, 0),
    counts,
    sharpness,
    disagreements: chunks.flatMap(({ disagreements }) => disagreements),
    laws: results.filter((r): r is LawOutcome => r.kind === 'law').map(({ result }) => result),
    rare: [...counts].filter(([, n]) => n < least).map(([use, n]) => `${use} (${n})`),
  };
}

/** Whether nothing was found. */
export const isClean = ({ disagreements, laws, rare }: Summary): boolean =>
  disagreements.length === 0 && laws.every(({ holds }) => holds) && rare.length === 0;

/** How many programs contained each primitive, of any dtype and of each floating one, the rarest first. */
export function coverageTable(counts: ReadonlyMap<string, number>): string {
  const columns = 2;
  const entries = [...counts]
    .filter(([use]) => !use.includes(' '))
    .sort((a, b) => a[1] - b[1])
    .map(([name, n]) => [name, n, ...floats.map((dtype) => counts.get(`${name} ${dtype}`) ?? '')]);
  const rows = Math.ceil(entries.length / columns);
  const table = new Table({
    head: Array.from({ length: columns }, () => ['primitive', 'programs', ...floats]).flat(),
    colAligns: Array.from(
      { length: columns },
      () => ['left', 'right', 'right', 'right'] as const,
    ).flat(),
    style: { head: [], border: [], compact: true },
  });
  for (let i = 0; i < rows; i++) {
    const cells = Array.from(
      { length: columns },
      (_, k) => entries[i + k * rows] ?? ['', '', '', ''],
    );
    table.push(cells.flat().map(String));
  }
  return table.toString();
}

const percent = (n: number, of: number): string => `${((100 * n) / Math.max(1, of)).toFixed(1)} %`;

/** The last lines: what differs, as code with its seed, and the verdict. */
export function summaryText(summary: Summary): string {
  const { programs, steps, sharpness, disagreements, laws, rare } = summary;
  const { exact, sharp, loose, open } = sharpness;
  const elements = exact + sharp + loose + open;
  const fallen = laws.filter(({ holds }) => !holds);
  return [
    ...disagreements.map(
      ({ seed, variant, index, problem, shrunkProblem, code }) =>
        `program ${index} of seed ${seed} differs (${variant}): ${problem}\n  made smaller: ${shrunkProblem}\n${code}\n` +
        `  again: npm run check:differential -- --runs ${index + 1} --seed ${seed} --variant ${variant} --only programs\n`,
    ),
    ...fallen.map(
      ({ id, seed, counterexample }) =>
        `${id} falls: ${counterexample?.text}\n  again: npm run check:differential -- --only ${id} --seed ${seed}\n`,
    ),
    ...(rare.length === 0 ? [] : [`in too few programs: ${rare.join(', ')}`]),
    `${elements} elements compared: ${percent(exact, elements)} to the bit, ${percent(sharp, elements)} within 1e-10 (float32 2e-6), ` +
      `${percent(loose, elements)} within wider bounds, ${percent(open, elements)} not at all`,
    `${programs} programs of ${(steps / Math.max(1, programs)).toFixed(0)} steps, ${disagreements.length} differ; ` +
      `${laws.length} operations by themselves, ${fallen.length} differ`,
  ].join('\n');
}
