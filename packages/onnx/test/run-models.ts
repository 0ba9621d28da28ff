import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Tensor, tensor } from '@tikhonov/core';

/** A file and what to run it on. */
export interface Job {
  readonly bytes: Uint8Array;
  readonly inputs: readonly Tensor[];
}

/** What the runtime made of a job. */
export interface Outcome {
  readonly error?: string;
  readonly names: readonly [readonly string[], readonly string[]];
  readonly outputs: readonly Tensor[];
}

interface Answer {
  readonly error?: string;
  readonly names?: Outcome['names'];
  readonly outputs?: readonly {
    readonly dims: readonly number[];
    readonly data: readonly (number | string)[];
  }[];
}

/** Runs all files in one process, which takes its time to start. */
export async function runModels(jobs: readonly Job[]): Promise<readonly Outcome[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tikhonov-onnx-'));
  try {
    const cases = await Promise.all(
      jobs.map(async ({ bytes, inputs }, i) => {
        const file = join(folder, `${i}.onnx`);
        await writeFile(file, bytes);
        const given = inputs.map((x) => ({ dims: x.shape, data: [...x.data()] }));
        return { file, dtype: inputs[0]!.dtype, inputs: given };
      }),
    );
    const answers = JSON.parse(await answer(JSON.stringify(cases))) as readonly Answer[];
    return answers.map(({ error, names, outputs = [] }) => ({
      ...(error === undefined ? {} : { error }),
      names: names ?? [[], []],
      outputs: outputs.map(({ dims, data }) =>
        tensor(data.map(Number), { shape: dims, dtype: 'float64' }),
      ),
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function answer(question: string): Promise<string> {
  const script = fileURLToPath(new URL('runtime.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(question);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString());
      else reject(new Error(`the runtime ended with code ${code}`));
    });
  });
}
