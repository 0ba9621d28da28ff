import { choose } from './choose.ts';
import { flatBelow, growthOf, type MemoryReading } from './memory.ts';
import { type Options, say, unavailable, wholeNumber, writeLines } from './options.ts';
import { nameOf } from './peer.ts';
import { peers } from './peers/index.ts';
import { runScript } from './run.ts';
import { workloads } from './workloads/workload.ts';

const readingsPerRun = 20;

/** `--memory`: one workload on one peer for many steps. Fails if the memory grows. */
export async function memory(options: Options): Promise<void> {
  const [workload] = choose('--workloads', options.workloads ?? 'W2', workloads);
  const [peer] = choose('--peers', options.peers, peers);
  const steps = wholeNumber('steps', options, 50_000, readingsPerRun);
  if ((await unavailable([peer!])).size > 0) {
    process.exitCode = 1;
    return;
  }
  const every = Math.floor(steps / readingsPerRun);
  const args = [peer!.id, workload!.id, String(steps), String(every)];
  const output = await runScript('./memory-child.js', ['--expose-gc'], args);
  const readings = JSON.parse(output) as MemoryReading[];
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(3).padStart(9);
  say(`${peer!.id} ${workload!.id}: MB after garbage collection`);
  say('   step      heap    arrays       RSS');
  for (const { step, heapBytes, arrayBytes, rssBytes } of readings) {
    const figures = [heapBytes, arrayBytes, rssBytes].map(megabytes).join(' ');
    say(`${String(step).padStart(7)} ${figures}`);
  }
  const growth = growthOf(readings);
  const flat = growth.used < flatBelow;
  say(
    `heap and arrays grow by ${growth.used.toFixed(2)} bytes a step, RSS by ${growth.rss.toFixed(2)}`,
  );
  if (!flat) say(`WRONG less than ${flatBelow} would be flat`);
  const head = { peer: nameOf(peer!), variant: peer!.variant, workload: workload!.id };
  writeLines(
    options,
    readings.map((reading) => ({ ...head, ...reading })),
  );
  if (!flat) process.exitCode = 1;
}
