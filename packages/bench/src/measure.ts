import { type Disturbance, watchMachine } from './disturbance.ts';
import type { Job } from './peer.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** How long to warm up and to measure. */
export interface Budget {
  /** Warm-up ends when both are reached. */
  readonly warmupSteps: number;
  readonly warmupMs: number;
  /** Measuring ends when both are reached, or at the limit if there are five samples. */
  readonly samples: number;
  readonly ms: number;
  readonly limitMs: number;
}

/** Full measurements. */
export const fullBudget: Budget = {
  warmupSteps: 32,
  warmupMs: 1000,
  samples: 30,
  ms: 1500,
  limitMs: 8000,
};

/** Times of one job, in microseconds. */
export interface Timing extends Spread {
  /** Calls before timing began, and what the first of them took. */
  readonly warmupSteps: number;
  readonly firstUs: number;
  readonly samples: number;
  /** Calls per sample: short steps are timed several at a time. */
  readonly callsPerSample: number;
  /** What every call returned, in order, warm-up included. */
  readonly values: readonly number[];
  /** What happened on the machine meanwhile, warm-up included. */
  readonly disturbance: Disturbance;
}

/** Times a job in this process. */
export async function measure(job: Job, budget: Budget): Promise<Timing> {
  const stop = watchMachine();
  const values: number[] = [];
  const call = async (): Promise<void> => {
    const value = job.step(values.length);
    values.push(typeof value === 'number' ? value : await value);
  };
  const began = performance.now();
  await call();
  const firstUs = (performance.now() - began) * 1000;
  while (values.length < budget.warmupSteps || performance.now() - began < budget.warmupMs) {
    await call();
  }
  const warmupSteps = values.length;
  const callsPerSample = await callsFor(call, 200);
  const times: number[] = [];
  const start = performance.now();
  const enough = (): boolean => {
    const spent = performance.now() - start;
    if (times.length >= 5 && spent >= budget.limitMs) return true;
    return times.length >= budget.samples && spent >= budget.ms;
  };
  while (!enough()) {
    const from = performance.now();
    for (let i = 0; i < callsPerSample; i++) {
      // Not through call(): awaiting a promise costs more than a short step.
      const value = job.step(values.length);
      values.push(typeof value === 'number' ? value : await value);
    }
    times.push(((performance.now() - from) * 1000) / callsPerSample);
  }
  return {
    ...spreadOf(times),
    warmupSteps,
    firstUs,
    samples: times.length,
    callsPerSample,
    values,
    disturbance: stop(),
  };
}

/** How many calls last `us` microseconds together. */
async function callsFor(call: () => Promise<void>, us: number): Promise<number> {
  const from = performance.now();
  for (let i = 0; i < 4; i++) await call();
  const each = ((performance.now() - from) * 1000) / 4;
  return Math.max(1, Math.min(200, Math.ceil(us / each)));
}
