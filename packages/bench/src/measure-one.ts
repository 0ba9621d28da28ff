import { comparedSteps, notSupported } from './agreement.ts';
import type { Disturbance } from './disturbance.ts';
import { type Budget, measure } from './measure.ts';
import type { Adapter, Job } from './peer.ts';
import { peers } from './peers/index.ts';
import { cycle } from './workloads/training.ts';
import { type Workload, workloads } from './workloads/workload.ts';

/** What a child process reports. Times in microseconds. */
export interface Measurement {
  readonly peer: string;
  readonly workload: string;
  readonly version: string;
  /** Why there are no times. */
  readonly failed?: string;
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly firstUs: number;
  readonly warmupSteps: number;
  readonly samples: number;
  readonly callsPerSample: number;
  /** Losses at steps 0, 1 and 10. */
  readonly losses: readonly number[];
  /**
   * Whether every loss was finite and their mean fell from the first cycle of batches to the last; null
   * if the workload does not train.
   */
  readonly trains: boolean | null;
  readonly disturbance: Disturbance;
}

/** A measurement that could not be made. */
export const failure = (
  peer: string,
  workload: string,
  failed: string,
  version: string = peer,
): Measurement => ({
  peer,
  workload,
  version,
  failed,
  ...{ median: 0, p10: 0, p90: 0, firstUs: 0, warmupSteps: 0, samples: 0, callsPerSample: 0 },
  losses: [],
  trains: null,
  disturbance: { others: 0, own: 1 },
});

/** Runs a workload on a peer in this process, and checks what can be checked without the others. */
export async function measureOne(
  peerId: string,
  workloadId: string,
  budget: Budget,
): Promise<Measurement> {
  const peer = peers.find(({ id }) => id === peerId);
  const workload = workloads.find(({ id }) => id === workloadId);
  if (peer === undefined || workload === undefined) {
    throw new RangeError(`bench: no peer "${peerId}" or no workload "${workloadId}".`);
  }
  const adapter = await peer.load();
  try {
    const { version } = adapter;
    const why = whyNot(workload, adapter);
    if (why !== null) return failure(peerId, workloadId, why, version);
    const job = workload.start(adapter)!;
    await checkResult(workload, job);
    // Training needs whole cycles of batches to show that it learns; others may be slow and few.
    const warmupSteps = workload.trains ? budget.warmupSteps : Math.min(3, budget.warmupSteps);
    const enough = { ...budget, warmupSteps };
    const { values, ...times } = await (job.measure?.(enough) ?? measure(job, enough));
    const head = { peer: peerId, workload: workloadId, version };
    return { ...head, ...times, ...learning(workload, values) };
  } finally {
    await adapter.close?.();
  }
}

/** Why a peer does not run a workload, or null if it does. */
export function whyNot({ id, lacking }: Workload, adapter: Adapter): string | null {
  const reason = adapter.lacks?.[id];
  if (reason !== undefined) return `${notSupported}: ${reason}`;
  return lacking(adapter) ? notSupported : null;
}

function learning(
  { trains }: Workload,
  values: readonly number[],
): Pick<Measurement, 'losses' | 'trains'> {
  if (!trains) return { losses: [], trains: null };
  const meanOf = (part: readonly number[]): number =>
    part.reduce((total, x) => total + x, 0) / part.length;
  const falls = meanOf(values.slice(-cycle)) < meanOf(values.slice(0, cycle));
  return {
    losses: comparedSteps.map((i) => values[i]!),
    trains: falls && values.every(Number.isFinite),
  };
}

/** Throws if the job's result is not what it must be. */
export async function checkResult(workload: Workload, job: Job): Promise<void> {
  if (workload.expected === null || job.result === undefined) return;
  const { values, tolerance } = workload.expected();
  const got = await job.result();
  for (const [i, want] of values.entries()) {
    if (!(Math.abs(got[i]! - want) <= tolerance * (1 + Math.abs(want)))) {
      throw new Error(
        `bench: ${workload.id}: number ${i} of the result is ${got[i]}, not ${want}.`,
      );
    }
  }
}
