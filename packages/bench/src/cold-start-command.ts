import Table from 'cli-table3';
import { choose } from './choose.ts';
import {
  type ColdReading,
  type ColdResult,
  type ColdRound,
  clock,
  summarizeStarts,
} from './cold-start.ts';
import { note, type Options, say, unavailable, wholeNumber, writeLines } from './options.ts';
import { nameOf, type Peer } from './peer.ts';
import { peers } from './peers/index.ts';
import { runScript } from './run.ts';
import { type Workload, workloads } from './workloads/workload.ts';

/** A start of a process, and what it reports. */
async function start(peer: Peer | null, { id }: Workload): Promise<[number, ColdReading]> {
  const from = clock();
  const output = await runScript('./cold-child.js', peer?.nodeFlags ?? [], [peer?.id ?? '', id]);
  const reading = JSON.parse(output) as ColdReading;
  return [reading.doneAt - from, reading];
}

async function pair(peer: Peer, workload: Workload): Promise<ColdRound | string> {
  const [nodeMs] = await start(null, workload);
  const [totalMs, { failed, loadMs, stepMs }] = await start(peer, workload);
  return failed ?? { totalMs, nodeMs, loadMs, stepMs };
}

/** Peers alternate, and each is preceded by Node alone. */
async function measureStarts(
  chosen: readonly Peer[],
  workload: Workload,
  rounds: number,
): Promise<ColdResult[]> {
  const kept = new Map<Peer, ColdRound[]>();
  // The first start of each reads files that the system has not cached yet: it is not counted.
  for (const peer of chosen) {
    const first = await pair(peer, workload);
    if (typeof first === 'string') note(`${peer.id}, ${workload.id}: ${first}`);
    else kept.set(peer, []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [peer, readings] of kept) {
      readings.push((await pair(peer, workload)) as ColdRound);
    }
  }
  return [...kept].map(([peer, readings]) =>
    summarizeStarts(
      { id: peer.id, peer: nameOf(peer), variant: peer.variant, workload: workload.id },
      readings,
    ),
  );
}

function render(results: readonly ColdResult[]): string {
  const table = new Table({
    head: ['', 'peer', 'cold ms', 'p10', 'p90', 'load', 'model and step', 'node alone'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const r of results) {
    const figures = [r.coldMs, r.p10Ms, r.p90Ms, r.loadMs, r.stepMs, r.nodeMs];
    table.push([r.workload, r.id, ...figures.map((ms) => ms.toFixed(1))]);
  }
  return table.toString();
}

/** `--cold-start`: from the start of a process to the end of its first training step. */
export async function coldStart(options: Options): Promise<void> {
  const named = options.peers !== undefined;
  const chosen = choose('--peers', options.peers, peers).filter(
    // Without names: what is installed. Other languages' processes start for other reasons.
    ({ id, requires }) => named || (!/^(numpy|pytorch)$/.test(id) && (requires?.isMet() ?? true)),
  );
  const training = choose('--workloads', options.workloads ?? 'W3,W5', workloads);
  for (const { id, trains } of training) {
    if (!trains) throw new RangeError(`--cold-start: ${id} does not train.`);
  }
  const rounds = wholeNumber('rounds', options, 15);
  const reasons = await unavailable(chosen);
  const running = chosen.filter(({ id }) => !reasons.has(id));
  const results: ColdResult[] = [];
  for (const workload of training) {
    results.push(...(await measureStarts(running, workload, rounds)));
  }
  say(render(results));
  say('from the start of the process to the end of the first step, less "node alone"; medians');
  writeLines(options, results);
}
