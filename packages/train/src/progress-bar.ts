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

/** The part of @clack/prompts that is used. */
interface Prompts {
  readonly S_BAR_H: string;
  readonly S_STEP_SUBMIT: string;
  readonly S_STEP_ERROR: string;
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
 * Loads the terminal symbols. The name is not a literal, so that bundlers for browsers do not follow
 * it into Node's modules. Clack's own progress prompt is not used: it puts the terminal into raw mode
 * and exits the process on Ctrl-C, before weights could be restored.
 */
async function loadPrompts(): Promise<Prompts> {
  const name = ['@clack', 'prompts'].join('/');
  return await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
}

function redrawn(output: Terminal): Callback {
  const width = 24;
  let symbols: Prompts | undefined;
  let [epochs, stepsPerEpoch, drawn] = [0, 0, -Infinity];
  let last: EpochRecord | undefined;
  const draw = (text: string): void => {
    output.write(`\r\x1b[2K${text.slice(0, (output.columns ?? 80) - 1)}`);
  };
  return {
    async onTrainBegin(context) {
      symbols = await loadPrompts();
      ({ epochs, stepsPerEpoch } = context);
    },
    onBatchEnd(step) {
      if (performance.now() - drawn < 80) return;
      drawn = performance.now();
      const done = step / (epochs * stepsPerEpoch);
      const filled = Math.round(width * Math.min(1, done));
      const bar = `${symbols!.S_BAR_H.repeat(filled)}${' '.repeat(width - filled)}`;
      const epoch = Math.ceil(step / stepsPerEpoch);
      draw(`${bar} epoch ${epoch}/${epochs}${last === undefined ? '' : `  ${summary(last)}`}`);
    },
    onEpochEnd(_epoch, logs) {
      last = logs;
    },
    onTrainEnd(history) {
      if (symbols === undefined) return;
      const isBad = history.stopReason === 'error' || history.stopReason === 'non-finite';
      draw('');
      output.write(`${isBad ? symbols.S_STEP_ERROR : symbols.S_STEP_SUBMIT} ${ending(history)}\n`);
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
