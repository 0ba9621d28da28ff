import { whyNot } from './measure-one.ts';
import { peers } from './peers/index.ts';
import { workloads } from './workloads/workload.ts';

/** Memory in use after garbage collection. */
export interface MemoryReading {
  readonly step: number;
  readonly heapBytes: number;
  readonly arrayBytes: number;
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
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    readings.push({ step, heapBytes: heapUsed, arrayBytes: arrayBuffers });
  }
  await adapter.close?.();
  return readings;
}
