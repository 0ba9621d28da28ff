import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { disagreements } from './agreement.ts';
import { choose } from './choose.ts';
import { disturbanceLimits, isDisturbed } from './disturbance.ts';
import { fullBudget } from './measure.ts';
import { failure, type Measurement } from './measure-one.ts';
import type { MemoryReading } from './memory.ts';
import { nameOf, type Peer } from './peer.ts';
import { peers } from './peers/index.ts';
import { summarize } from './results.ts';
import { runRounds, runScript } from './run.ts';
import { renderResults } from './table.ts';
import { workloads } from './workloads/workload.ts';

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const usage = `Times training steps and operations side by side with other libraries.

  npm run bench -- [--workloads W2,W3] [--peers ours-eager,tfjs-cpu] [--rounds 3] [--repeats 3]
                   [--json file]
  npm run bench -- --memory [--workloads W2] [--peers ours-eager] [--json file]

Peers alternate; every measurement has a fresh process, which first warms up for
${fullBudget.warmupMs} ms at least, training for ${fullBudget.warmupSteps} steps. It is repeated, up to --repeats times, if meanwhile
other processes used more than ${percent(disturbanceLimits.others)} of the machine, or it had itself less than ${percent(disturbanceLimits.own)} of a
processor. Ratios are taken round by round. The packages of a peer are installed the first time it
is asked for; one that cannot run here is skipped. --json writes a line per peer and workload.
--memory prints the heap after every 1000 of 10,000 steps.

Workloads (W1 stands for all of its sizes):
${workloads.map(({ id, title }) => `  ${id.padEnd(8)} ${title}`).join('\n')}
Peers (jax-js stands for both of its variants):
  ${peers.map(({ id }) => id).join(', ')}`;

interface Options {
  readonly workloads?: string;
  readonly peers?: string;
  readonly rounds: string;
  readonly repeats: string;
  readonly json?: string;
  readonly memory: boolean;
  readonly help: boolean;
}

const readOptions = (): Options =>
  parseArgs({
    options: {
      workloads: { type: 'string' },
      peers: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      repeats: { type: 'string', default: '3' },
      json: { type: 'string' },
      memory: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${option}: needs a whole number >= ${least}, got "${text}".`);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

const machine = { node: process.version, v8: process.versions.v8, cpu: cpus()[0]?.model ?? '' };

function writeLines(file: string | undefined, lines: readonly object[]): void {
  if (file === undefined) return;
  writeFileSync(file, lines.map((line) => `${JSON.stringify({ ...line, ...machine })}\n`).join(''));
}

/** Why each peer that cannot run here is skipped; installs what it may. */
async function unavailable(chosen: readonly Peer[]): Promise<Map<string, string>> {
  const reasons = new Map<string, string>();
  for (const { id, requires } of chosen) {
    const reason = (await requires?.meet()) ?? null;
    if (reason === null) continue;
    note(`${id} is skipped: ${reason}`);
    reasons.set(id, reason);
  }
  return reasons;
}

async function memory(options: Options): Promise<void> {
  const [workload] = choose('--workloads', options.workloads ?? 'W2', workloads);
  const [peer] = choose('--peers', options.peers, peers);
  if ((await unavailable([peer!])).size > 0) return;
  const args = [peer!.id, workload!.id, '10000', '1000'];
  const output = await runScript('./memory-child.js', ['--expose-gc'], args);
  const readings = JSON.parse(output) as MemoryReading[];
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(3).padStart(8);
  say(`${peer!.id} ${workload!.id}: MB after garbage collection`);
  say('  step     heap   arrays');
  for (const { step, heapBytes, arrayBytes } of readings) {
    say(`${String(step).padStart(6)} ${megabytes(heapBytes)} ${megabytes(arrayBytes)}`);
  }
  const head = { peer: nameOf(peer!), variant: peer!.variant, workload: workload!.id };
  writeLines(
    options.json,
    readings.map((reading) => ({ ...head, ...reading })),
  );
}

function progress(m: Measurement, round: number): void {
  const loud = isDisturbed(m.disturbance) ? `, disturbed: ${describe(m)}` : '';
  const what = m.failed ?? `${m.median.toPrecision(4)} us${loud}`;
  process.stderr.write(`round ${round + 1} ${m.workload} ${m.peer}: ${what}\n`);
}

const describe = ({ disturbance: { others, own } }: Measurement): string =>
  `others used ${percent(others)} of the machine, it had ${percent(own)} of a processor`;

async function times(options: Options): Promise<void> {
  const chosen = choose('--peers', options.peers, peers);
  const plan = {
    workloads: choose('--workloads', options.workloads, workloads),
    rounds: wholeNumber('rounds', options.rounds, 1),
    repeats: wholeNumber('repeats', options.repeats, 0),
    budget: fullBudget,
  };
  const reasons = await unavailable(chosen);
  const running = chosen.filter(({ id }) => !reasons.has(id));
  const measured = await runRounds({ ...plan, peers: running }, progress);
  const results = plan.workloads.map(({ id }) => {
    const skipped = [...reasons].map(([peer, why]) => failure(peer, id, `skipped: ${why}`));
    return summarize(id, chosen, [...measured.get(id)!, skipped]);
  });
  const problems = plan.workloads.flatMap((workload) =>
    measured.get(workload.id)!.flatMap((round) => disagreements(workload, round)),
  );
  const ours = running.filter((peer) => peer.ours).map(({ id }) => id);
  const references = ours.length > 0 ? ours : running.slice(0, 1).map(({ id }) => id);
  const shown = results.map((each) => each.filter(({ id }) => !reasons.has(id)));
  say(renderResults(shown, references));
  say(`node ${machine.node}, ${machine.cpu}, rounds: ${plan.rounds}`);
  if (shown.flat().some(({ disturbed }) => disturbed)) {
    say('~ disturbed in every round and every repeat: no figure to quote');
  }
  for (const problem of new Set(problems)) say(`WRONG ${problem}`);
  writeLines(options.json, results.flat());
  if (problems.length > 0) process.exitCode = 1;
}

try {
  const options = readOptions();
  if (options.help) say(usage);
  else await (options.memory ? memory(options) : times(options));
} catch (error) {
  // Mistakes of the caller are told in a sentence; anything else is ours, and keeps its stack.
  const mistake =
    error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE');
  if (!mistake) throw error;
  note((error as Error).message);
  process.exitCode = 2;
}
