import { whyNot } from './measure-one.ts';
import { peers } from './peers/index.ts';
import { spreadOf } from './statistics.ts';
import { workloads } from './workloads/workload.ts';

/** Memory in use after garbage collection. */
export interface MemoryReading {
  readonly step: number;
  readonly heapBytes: number;
  /** Buffers of arrays, and memory of WebAssembly. */
  readonly arrayBytes: number;
  /** What the system counts: with code, free pages of the heap, and what the collector does not see. */
  readonly rssBytes: number;
}

/** Bytes by which memory grows with each step. */
export interface Growth {
  /** Heap and arrays together. */
  readonly used: number;
  readonly rss: number;
}

/** The smallest object that a step could leave behind takes more. */
export const flatBelow: number = 4;

/**
 * The slopes of the readings, without the first quarter, in which code is still compiled and caches fill:
 * the distance of the medians of the two halves of the rest, so that one odd reading does not count.
 */
export function growthOf(readings: readonly MemoryReading[]): Growth {
  const settled = readings.slice(Math.floor(readings.length / 4));
  const half = Math.floor(settled.length / 2);
  const [early, late] = [settled.slice(0, half), settled.slice(-half)];
  const slope = (of: (reading: MemoryReading) => number): number => {
    const middle = (part: readonly MemoryReading[], f: typeof of): number =>
      spreadOf(part.map(f)).median;
    const passed = middle(late, ({ step }) => step) - middle(early, ({ step }) => step);
    return (middle(late, of) - middle(early, of)) / passed;
  };
  return {
    used: slope(({ heapBytes, arrayBytes }) => heapBytes + arrayBytes),
    rss: slope(({ rssBytes }) => rssBytes),
  };
}

/**
 * Runs a workload and reads the memory at even intervals, each time after a garbage collection. Needs
 * `--expose-gc`.
 */
export async function readMemory(
  peerId: string,
  workloadId: string,
  steps: number,
  every: number,
): Promise<MemoryReading[]> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('bench: memory readings need node --expose-gc.');
  const peer = peers.find(({ id }) => id === peerId)!;
  const adapter = await peer.load();
  const workload = workloads.find(({ id }) => id === workloadId)!;
  const why = whyNot(workload, adapter);
  if (why !== null) throw new Error(`bench: ${peerId}, ${workloadId}: ${why}.`);
  const job = workload.start(adapter)!;
  const readings: MemoryReading[] = [];
  for (let step = 1; step <= steps; step++) {
    await job.step(step - 1);
    if (step % every !== 0) continue;
    gc();
    // Buffers of dead arrays are freed behind the collector's back: let that finish.
    await new Promise((resolve) => setTimeout(resolve, 20));
    gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    readings.push({ step, heapBytes: heapUsed, arrayBytes: external, rssBytes: rss });
  }
  await adapter.close?.();
  return readings;
}
