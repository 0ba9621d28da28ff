import type { Callback } from './callback.ts';
import type { EpochRecord, History } from './history.ts';

/** The part of a Node stream that is written to. */
interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly stderr?: Terminal;
}

/** The part of cli-progress that is used. */
interface Bar {
  start(total: number, value: number, payload: { status: string }): void;
  update(value: number, payload: { status: string }): void;
  stop(): void;
}

interface CliProgress {
  readonly SingleBar: new (options: Readonly<Record<string, unknown>>) => Bar;
}

/** Options of `progressBar`. */
export interface ProgressBarOptions {
  /** Where to write instead of Node's standard error; `isTTY` says whether lines can be redrawn. */
  readonly output?: Terminal;
  /** Least time between two lines when they cannot be redrawn, in ms. @defaultValue 10000 */
  readonly every?: number;
}

/**
 * Shows how far the training is: on a terminal, one line that is redrawn; in a log, a line every ten
 * seconds at most and one at the end; in browsers, nothing. Written to standard error, so that results
 * on standard output stay clean.
 *
 * @example
 * ```ts
 * const lines = [];
 * const bar = train.progressBar({ output: { write: (text) => lines.push(text) } });
 * lines.length; // => 0
 * ```
 */
export function progressBar(options: ProgressBarOptions = {}): Callback {
  const output = options.output ?? standardError();
  if (output === undefined) return {};
  return output.isTTY === true ? redrawn(output) : logged(output, options.every ?? 10_000);
}

function standardError(): Terminal | undefined {
  const process: NodeProcess | undefined = Reflect.get(globalThis, 'process');
  return process?.versions?.node === undefined ? undefined : process.stderr;
}

/**
 * Loads the bar. The name is not a literal, so that bundlers for browsers do not follow it into Node's
 * modules.
 */
async function loadBar(): Promise<CliProgress> {
  const name = ['cli', 'progress'].join('-');
  const loaded: CliProgress & { readonly default?: CliProgress } = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ name
  );
  return loaded.default ?? loaded;
}

function redrawn(output: Terminal): Callback {
  let bar: Bar | undefined;
  let status = '';
  return {
    async onTrainBegin({ epochs, stepsPerEpoch }) {
      const { SingleBar } = await loadBar();
      bar = new SingleBar({
        stream: output,
        format: `{bar} {percentage} % of ${epochs} epochs, about {eta_formatted} left  {status}`,
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        // Ctrl-C belongs to the program: weights may have to be restored first.
        gracefulExit: false,
      });
      bar.start(epochs * stepsPerEpoch, 0, { status });
    },
    onBatchEnd(step) {
      bar?.update(step, { status });
    },
    onEpochEnd(_epoch, logs) {
      status = summary(logs);
    },
    onTrainEnd(history) {
      bar?.stop();
      output.write(`${ending(history)}\n`);
    },
  };
}

function logged(output: Terminal, every: number): Callback {
  let [epochs, written] = [0, 0];
  return {
    onTrainBegin(context) {
      epochs = context.epochs;
      written = performance.now();
    },
    onEpochEnd(epoch, logs) {
      if (epoch === epochs || performance.now() - written < every) return;
      written = performance.now();
      output.write(`epoch ${epoch}/${epochs}  ${summary(logs)}\n`);
    },
    onTrainEnd(history) {
      output.write(`${ending(history)}\n`);
    },
  };
}

function summary(record: EpochRecord): string {
  const sets = Object.entries(record.evaluations).flatMap(([set, values]) =>
    Object.entries(values).map(([name, value]) => `${set}.${name} ${value.toFixed(4)}`),
  );
  return [`loss ${(record.dataLoss + record.penalty).toFixed(4)}`, ...sets].join('  ');
}

function ending(history: History): string {
  const last = history.epochs.at(-1);
  const epochs = history.epochs.length === 1 ? '1 epoch' : `${history.epochs.length} epochs`;
  const values = last === undefined ? '' : `  ${summary(last)}`;
  return `${history.stopReason} after ${epochs}${values}`;
}
