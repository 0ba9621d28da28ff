import type { Measurement } from './measure-one.ts';
import type { Workload } from './workloads/workload.ts';

/** How far losses of peers may differ, relative to their magnitude: float32 rounding of ten steps. */
export const lossTolerance: number = 1e-4;

/** The steps whose losses are compared. */
export const comparedSteps: readonly number[] = [0, 1, 10];

/** Whether two losses are the same up to rounding. */
export const agree = (a: number, b: number): boolean =>
  Math.abs(a - b) <= lossTolerance * (1 + Math.abs(a));

/** How a failure begins that is no mistake. */
export const notSupported: string = 'not supported';

/** What is wrong with a workload's measurements; nothing if all peers ran, learned, and agree. */
export function disagreements(workload: Workload, measured: readonly Measurement[]): string[] {
  const done = measured.filter(({ failed }) => failed === undefined);
  const problems = measured
    .filter(({ failed }) => failed !== undefined && !failed.startsWith(notSupported))
    .map(({ peer, failed }) => `${peer} ${workload.id}: ${failed}`);
  if (!workload.trains) return problems;
  for (const { peer } of done.filter(({ trains }) => trains !== true)) {
    problems.push(`${peer} ${workload.id}: the loss does not fall, or is not finite`);
  }
  const [first, ...others] = done;
  if (workload.random || first === undefined) return problems;
  for (const other of others) {
    for (const [i, step] of comparedSteps.entries()) {
      const [a, b] = [first.losses[i]!, other.losses[i]!];
      if (!agree(a, b)) {
        problems.push(
          `${workload.id}, step ${step}: ${first.peer} has loss ${a}, ${other.peer} ${b}`,
        );
      }
    }
  }
  return problems;
}
