import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isDisturbed } from './disturbance.ts';
import type { Budget } from './measure.ts';
import { failure, type Measurement } from './measure-one.ts';
import { nodeBinary } from './node.ts';
import type { Peer } from './peer.ts';
import type { Workload } from './workloads/workload.ts';

/** What to run. */
export interface Plan {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  readonly rounds: number;
  /** How often at most a disturbed measurement is repeated. */
  readonly repeats: number;
  readonly budget: Budget;
}

/** Makes a measurement; in tests something else than a child process. */
export type Measure = (
  peer: Peer,
  workload: Workload,
  budget: Budget,
) => Measurement | Promise<Measurement>;

/**
 * Measures in rounds: in each, every peer once per workload, one after another, so that what disturbs
 * the machine meets them alike. Every measurement has a fresh process.
 */
export async function runRounds(
  plan: Plan,
  onDone: (measurement: Measurement, round: number) => void,
  measure: Measure = inChild,
): Promise<Map<string, Measurement[][]>> {
  const results = new Map(plan.workloads.map(({ id }) => [id, [] as Measurement[][]]));
  for (let round = 0; round < plan.rounds; round++) {
    for (const workload of plan.workloads) {
      const measured: Measurement[] = [];
      for (const peer of plan.peers) {
        const attempt = async (): Promise<Measurement> => {
          const measurement = await measure(peer, workload, plan.budget);
          onDone(measurement, round);
          return measurement;
        };
        measured.push(await undisturbed(attempt, plan.repeats));
      }
      results.get(workload.id)!.push(measured);
    }
  }
  return results;
}

/** The first measurement that nothing disturbed, or the one with the least use by others. */
async function undisturbed(
  attempt: () => Promise<Measurement>,
  repeats: number,
): Promise<Measurement> {
  let best = await attempt();
  for (let k = 0; k < repeats && isDisturbed(best.disturbance); k++) {
    const next = await attempt();
    const quieter = next.disturbance.others < best.disturbance.others;
    if (quieter || !isDisturbed(next.disturbance)) best = next;
  }
  return best;
}

async function inChild(peer: Peer, workload: Workload, budget: Budget): Promise<Measurement> {
  const args = [peer.id, workload.id, JSON.stringify(budget)];
  try {
    const output = await runScript('./child.js', peer.nodeFlags ?? [], args);
    return JSON.parse(output) as Measurement;
  } catch (error) {
    return failure(peer.id, workload.id, error instanceof Error ? error.message : String(error));
  }
}

/** Runs a script beside this one in a process of its own, and returns what it prints. */
export function runScript(
  script: string,
  flags: readonly string[],
  args: readonly string[],
): Promise<string> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(nodeBinary(), [...flags, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      if (code === 0) resolve(chunks.join(''));
      else reject(new Error(`bench: ${args.slice(0, 2).join(' ')} ended with status ${code}.`));
    });
  });
}
