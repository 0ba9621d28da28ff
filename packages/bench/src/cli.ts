import { coldStart } from './cold-start-command.ts';
import { disturbanceLimits } from './disturbance.ts';
import { fullBudget } from './measure.ts';
import { memory } from './memory-command.ts';
import { note, readOptions, say } from './options.ts';
import { overhead } from './overhead-command.ts';
import { peers } from './peers/index.ts';
import { times } from './times-command.ts';
import { workloads } from './workloads/workload.ts';

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const usage = `Times training steps and operations side by side with other libraries.

  npm run bench -- [--workloads W2,W3] [--peers ours,tfjs-cpu] [--rounds 3] [--repeats 3] [--json file] [--node path]
  npm run bench -- --memory [--workloads W2] [--peers ours] [--steps 50000] [--json file]
  npm run bench -- --cold-start [--workloads W3,W5] [--peers ours,jax-js] [--rounds 15] [--json file]
  npm run bench -- --overhead [--methods dropout,r-drop] [--rounds 3] [--json file]

Peers alternate; every measurement has a fresh process, which first warms up for
${fullBudget.warmupMs} ms at least, training for ${fullBudget.warmupSteps} steps. It is repeated, up to --repeats times, if meanwhile
other processes used more than ${percent(disturbanceLimits.others)} of the machine, or it had itself less than ${percent(disturbanceLimits.own)} of a
processor. Ratios are taken round by round. The packages of a peer are installed the first time it
is asked for; one that cannot run here is skipped. --json writes a line per peer and workload.
--memory prints heap, arrays and RSS as many steps go by, and fails if they are not flat; of several
workloads or peers it takes the first. npm run bench:memory does 100,000 compiled steps of W3.
--cold-start measures from the start of a process to the end of its first training step, less what
Node takes; without --peers, of those that are installed. npm run bench:cold-start does W3 and W5.
--overhead times compiled training steps with each method of the catalogue, at its defaults, in turns
with steps without: of W4's network, or of a small network of images for methods that need one.

--node names the Node that peers run in (or BENCH_NODE does), 24 or later for ours/wide, and
BENCH_PYTHON the Python of numpy and pytorch.

Workloads (W1 stands for all of its sizes):
${workloads.map(({ id, title }) => `  ${id.padEnd(8)} ${title}`).join('\n')}
Peers (jax-js stands for both of its variants, ours for ours and ours/wide):
  ${peers.map(({ id }) => id).join(', ')}`;

try {
  const options = readOptions();
  if (options.help) say(usage);
  else if (options.memory) await memory(options);
  else if (options.overhead) await overhead(options);
  else if (options['cold-start']) await coldStart(options);
  else await times(options);
} catch (error) {
  // Mistakes of the caller are told in a sentence; anything else is ours, and keeps its stack.
  const mistake =
    error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE');
  if (!mistake) throw error;
  note((error as Error).message);
  process.exitCode = 2;
}
