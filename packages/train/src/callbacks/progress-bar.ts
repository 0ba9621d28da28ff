import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Callback } from '../callback.ts';
import type { History } from '../history.ts';
import { requireNonNegative } from './numbers.ts';
import { Progress, summary } from './progress.ts';

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

/** What is put into the bar's format. */
interface BarText {
  readonly left: string;
  readonly status: string;
}

/** The part of cli-progress that is used. */
interface Bar {
  start(total: number, value: number, payload: BarText): void;
  update(value: number, payload: BarText): void;
  stop(): void;
}

interface CliProgress {
  readonly SingleBar: new (options: Readonly<Record<string, unknown>>) => Bar;
}

/** Options of `progressBar`. */
export interface ProgressBarOptions {
  /** Where to write instead of Node's standard error; `isTTY` says whether lines can be redrawn. */
  readonly output?: Terminal;
  /**
   * Least time between two lines when they cannot be redrawn, in ms; with 0 there is one per epoch.
   * @defaultValue 10000
   */
  readonly every?: number;
}

const known: OptionNames<ProgressBarOptions> = { output: 'object', every: 'number' };

/**
 * Shows how far the training is, the mean loss of the epoch so far, the last evaluation and the time that is
 * left: on a terminal, one line that is redrawn; in a log, a line every ten seconds at most and one at the end;
 * in browsers, nothing. Written to standard error, so that results on standard output stay clean. Terminal
 * settings are left alone, so nothing has to be put back, whatever ends the process.
 *
 * @throws TypeError or RangeError for bad options
 * @example
 * ```ts
 * const lines: string[] = [];
 * const bar = train.progressBar({ output: { write: (text: string) => lines.push(text) } });
 * lines.length; // => 0
 * ```
 */
export function progressBar(options: ProgressBarOptions = {}): Callback {
  requireOptions('progressBar', options, known);
  const { every = 10_000 } = options;
  requireNonNegative('progressBar', 'every', every);
  const output = options.output ?? standardError();
  if (output === undefined) return {};
  return output.isTTY === true ? redrawn(output) : logged(output, every);
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

/** The least time between two updates of the line, in ms. */
const refresh = 100;

function redrawn(output: Terminal): Callback {
  let bar: Bar | undefined;
  let progress = new Progress(1, null);
  let drawn = 0;
  let startOfEpoch = 0;
  const draw = (): void => {
    drawn = performance.now();
    bar?.update(progress.done, { left: progress.left(), status: progress.status() });
  };
  return {
    async onTrainBegin({ epochs, stepsPerEpoch }) {
      const { SingleBar } = await loadBar();
      progress = new Progress(epochs, stepsPerEpoch);
      startOfEpoch = 0;
      bar = new SingleBar({
        stream: output,
        format: `{bar} {percentage} % of ${epochs} epochs, about {left} left  {status}`,
        barsize: 24,
        // Cut to the terminal's width instead of switching off its wrapping, which a process that is
        // killed would leave off.
        linewrap: true,
        clearOnComplete: true,
        // Ctrl-C belongs to the program: weights may have to be restored first.
        gracefulExit: false,
      });
      bar.start(epochs, 0, { left: progress.left(), status: '' });
    },
    onBatchEnd(step, logs) {
      progress.step(logs);
      startOfEpoch = step - logs.batch;
      if (performance.now() - drawn >= refresh) draw();
    },
    onEpochEnd(_epoch, logs) {
      progress.epoch(logs, logs.steps - startOfEpoch);
      draw();
    },
    onTrainEnd(history) {
      bar?.stop();
      bar = undefined;
      output.write(`${ending(history)}\n`);
    },
  };
}

function logged(output: Terminal, every: number): Callback {
  let progress = new Progress(1, null);
  let written = 0;
  let startOfEpoch = 0;
  const write = (place: string, status: string): void => {
    written = performance.now();
    output.write(`${place}/${progress.epochs}  ${status}  about ${progress.left()} left\n`);
  };
  return {
    onTrainBegin({ epochs, stepsPerEpoch }) {
      progress = new Progress(epochs, stepsPerEpoch);
      startOfEpoch = 0;
      written = performance.now();
    },
    onBatchEnd(step, logs) {
      progress.step(logs);
      startOfEpoch = step - logs.batch;
      if (every === 0 || performance.now() - written < every) return;
      write(`batch ${logs.batch} of epoch ${logs.epoch}`, progress.status());
    },
    onEpochEnd(epoch, logs) {
      progress.epoch(logs, logs.steps - startOfEpoch);
      if (epoch === progress.epochs || performance.now() - written < every) return;
      write(`epoch ${epoch}`, summary(logs));
    },
    onTrainEnd(history) {
      output.write(`${ending(history)}\n`);
    },
  };
}

function ending(history: History): string {
  const last = history.epochs.at(-1);
  const epochs = history.epochs.length === 1 ? '1 epoch' : `${history.epochs.length} epochs`;
  const values = last === undefined ? '' : `  ${summary(last)}`;
  return `${history.stopReason} after ${epochs}${values}`;
}
