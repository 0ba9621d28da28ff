import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { watchMachine } from '../disturbance.ts';
import type { Timing } from '../measure.ts';
import type { Job } from '../peer.ts';
import { peersFolder, python } from '../requirements.ts';

/** Numbers for a job, with their shape. */
export interface SentArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A timing, and the processor time that it took. */
type Times = Omit<Timing, 'disturbance'> & { readonly cpuUs: number };

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

/** A Python process that runs jobs; requests and replies are lines of JSON, in order. */
export class PythonProcess {
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  #ended: Error | null = null;

  /** @param library  `numpy` or `torch` */
  constructor(library: string) {
    const script = join(peersFolder, 'python/serve.py');
    this.#child = spawn(python, ['-B', script, library], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('error', (error) => this.#end(error));
    this.#child.on('close', (code) =>
      this.#end(new Error(`bench: ${library} ended with status ${code}.`)),
    );
    // A process that has ended says so by its status; that writing to it fails adds nothing.
    this.#child.stdin!.on('error', () => {});
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { resolve, reject } = this.#waiting.shift()!;
      const reply = JSON.parse(line) as { readonly error?: string };
      if (reply.error === undefined) resolve(reply);
      else reject(new Error(`bench: ${library}: ${reply.error}`));
    });
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }

  /** Sends a request, and arrays after it. */
  request<T>(message: object, arrays: readonly SentArray[] = []): Promise<T> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const { stdin } = this.#child;
    stdin!.write(`${JSON.stringify(message)}\n`);
    for (const { data } of arrays) {
      stdin!.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ resolve: (reply) => resolve(reply as T), reject });
    });
  }

  /** A job there. It times itself, so that no exchange of lines is in the times. */
  start(workload: string, arrays: readonly SentArray[], settings: object = {}): Job {
    const headers = arrays.map(({ name, shape, data }) => ({
      name,
      shape,
      dtype: data instanceof Float32Array ? 'float32' : 'int32',
    }));
    const message = { op: 'start', workload, settings, arrays: headers };
    const started = this.request<{ readonly job: number }>(message, arrays);
    // Whoever uses the job learns of a failed start.
    started.catch(() => {});
    const ask = async <T>(op: string, more: object = {}): Promise<T> =>
      this.request<T>({ op, job: (await started).job, ...more });
    return {
      step: async (index) => (await ask<{ readonly value: number }>('step', { index })).value,
      result: async () => (await ask<{ readonly values: number[] }>('result')).values,
      async measure(budget) {
        await started;
        const stop = watchMachine();
        const { cpuUs, ...timing } = await ask<Times>('measure', { budget });
        return { ...timing, disturbance: stop(cpuUs) };
      },
    };
  }

  /** Ends the process. */
  close(): Promise<void> {
    if (this.#ended !== null) return Promise.resolve();
    const closed = new Promise<void>((resolve) => {
      this.#child.once('close', () => resolve());
    });
    this.#child.kill();
    return closed;
  }
}
