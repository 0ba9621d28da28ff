import { whyNot } from './measure-one.ts';
import { peers } from './peers/index.ts';
import type { Spread } from './statistics.ts';
import { spreadOf } from './statistics.ts';
import { trainingProblem, trainingSpecs } from './workloads/training.ts';
import { workloads } from './workloads/workload.ts';

/** What a process reports that did one step of training; times in milliseconds. */
export interface ColdReading {
  /** When the step was done, since the epoch. */
  readonly doneAt: number;
  /** Loading the library. */
  readonly loadMs: number;
  /** Making the model and its tensors, and the step; with it whatever is traced and compiled. */
  readonly stepMs: number;
  /** Why there was no step. */
  readonly failed?: string;
}

/** Milliseconds since the epoch, with fractions; the same in every process. */
export const clock = (): number => performance.timeOrigin + performance.now();

/**
 * Trains one step in this process, the data being made before: one batch. Without a peer it only makes
 * the data, which is what a start costs before there is a library.
 */
export async function coldStep(peerId: string | null, workloadId: string): Promise<ColdReading> {
  const problem = trainingProblem(trainingSpecs[workloadId]!, 1);
  const peer = peers.find(({ id }) => id === peerId);
  if (peer === undefined) return { doneAt: clock(), loadMs: 0, stepMs: 0 };
  const start = clock();
  const adapter = await peer.load();
  const loaded = clock();
  try {
    const failed = whyNot(workloads.find(({ id }) => id === workloadId)!, adapter);
    if (failed !== null) return { doneAt: loaded, loadMs: 0, stepMs: 0, failed };
    await adapter.train!(problem).step(0);
    const doneAt = clock();
    return { doneAt, loadMs: loaded - start, stepMs: doneAt - loaded };
  } finally {
    await adapter.close?.();
  }
}

/** One start: of a peer, and right before it of Node with the same data. Milliseconds. */
export interface ColdRound {
  readonly totalMs: number;
  readonly nodeMs: number;
  readonly loadMs: number;
  readonly stepMs: number;
}

/** A peer's starts on a workload. */
export interface ColdResult {
  readonly id: string;
  readonly peer: string;
  readonly variant: string;
  readonly workload: string;
  /** From the start of the process to the end of the first step, less Node's own start. */
  readonly coldMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
  /** What was taken off. */
  readonly nodeMs: number;
  readonly loadMs: number;
  readonly stepMs: number;
  readonly reps: number;
}

/** Medians of the rounds; differences are taken within a round. */
export function summarizeStarts(
  head: Pick<ColdResult, 'id' | 'peer' | 'variant' | 'workload'>,
  rounds: readonly ColdRound[],
): ColdResult {
  const of = (f: (round: ColdRound) => number): Spread => spreadOf(rounds.map(f));
  const cold = of(({ totalMs, nodeMs }) => totalMs - nodeMs);
  return {
    ...head,
    coldMs: cold.median,
    p10Ms: cold.p10,
    p90Ms: cold.p90,
    nodeMs: of(({ nodeMs }) => nodeMs).median,
    loadMs: of(({ loadMs }) => loadMs).median,
    stepMs: of(({ stepMs }) => stepMs).median,
    reps: rounds.length,
  };
}
