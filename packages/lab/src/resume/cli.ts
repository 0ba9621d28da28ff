import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeCheckpoint, fileStore } from '@tikhonov/train';
import { startProgress } from '../compare/progress.ts';
import { parseNumber } from '../flags.ts';
import { drawFrom } from '../fuzz-formats/mutate-bytes.ts';
import { runScript } from '../script.ts';
import { train } from './training.ts';

const usage = `Kills a training at random moments, while it writes checkpoints too, and resumes it: every checkpoint must be
readable, and every end the same, bit for bit, as that of a training which was never killed.

  npm run check:resume -- [--kills 50] [--seed 0]

--kills: of all trainings together, eager and compiled in turn.`;

const options = { kills: { type: 'string' }, seed: { type: 'string' } } as const;

const child = fileURLToPath(new URL('./child.js', import.meta.url));

/** Runs the training in a process; null if it was killed before its end. */
function run(path: string, mode: string, killAfter: number | null): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const process_ = spawn(process.execPath, [child, path, mode], { stdio: [...stdio] });
    let out = '';
    process_.stdout!.on('data', (chunk: Buffer) => {
      if (out === '' && killAfter !== null) setTimeout(() => process_.kill('SIGKILL'), killAfter);
      out += chunk;
    });
    process_.on('error', reject);
    process_.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(null);
      else if (code === 0) resolve(out.trim().split('\n').at(-1)!);
      else reject(new Error(`The training ended with status ${code}.`));
    });
  });
}

/** Whether the process was writing when it was killed; throws if what it had written is not whole. */
async function inspect(folder: string, path: string): Promise<boolean> {
  const wasWriting = (await readdir(folder)).some((name) => name.endsWith('.tmp'));
  const bytes = await fileStore(path).load();
  if (bytes !== null) await decodeCheckpoint(bytes);
  return wasWriting;
}

/** How long a training takes in its process, from its first step. */
async function duration(folder: string, mode: string): Promise<number> {
  const path = join(folder, 'timed');
  const start = performance.now();
  await run(path, mode, null);
  const whole = performance.now() - start;
  // The second time it only starts, and finds that all is done.
  const again = performance.now();
  await run(path, mode, null);
  return Math.max(50, whole - (performance.now() - again));
}

await runScript('check:resume', usage, options, async (values) => {
  const kills = parseNumber('kills', values.kills ?? '50', { integer: true, min: 1 });
  const seed = parseNumber('seed', values.seed ?? '0', { integer: true, min: 0, max: 2 ** 30 });
  const draw = drawFrom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'check-resume-'));
  const progress = startProgress(kills, false, 'kills');
  const problems: string[] = [];
  let [killed, writing] = [0, 0];
  try {
    const modes = await Promise.all(
      ['eager', 'compiled'].map(async (mode) => ({
        mode,
        whole: await train({ compiled: mode === 'compiled' }),
        time: await duration(await mkdtemp(join(folder, mode)), mode),
      })),
    );
    for (let trial = 0; killed < kills && problems.length < 5; trial++) {
      const { mode, whole, time } = modes[trial % 2]!;
      const place = await mkdtemp(join(folder, 'run-'));
      const path = join(place, 'run.checkpoint');
      let end: string | null = null;
      for (let round = 0; end === null; round++) {
        // Killed once at least, and now and then again.
        const isLast = killed >= kills || (round > 0 && draw(3) !== 0);
        end = await run(path, mode, isLast ? null : draw(Math.ceil(time)));
        if (end !== null) break;
        progress.update(++killed, mode);
        if (await inspect(place, path)) writing += 1;
      }
      if (end !== whole)
        problems.push(`${mode}, training ${trial}: it ends with ${end}, not ${whole}`);
    }
  } finally {
    progress.stop();
    await rm(folder, { recursive: true, force: true });
  }
  process.stdout.write(
    `${killed} kills, ${writing} of them while a checkpoint was written; ${problems.length} trainings ended otherwise\n`,
  );
  if (problems.length === 0) return;
  process.stdout.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
});
