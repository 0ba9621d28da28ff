import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Callback, TrainContext } from '../callback.ts';
import { type EpochRecord, recordValue } from '../history.ts';
import { csvFile, csvStream, type TextSink } from './csv-sinks.ts';
import { rateCell } from './learning-rate.ts';
import { savedState } from './saved-state.ts';

/** Takes text: a Node stream, a writer of a web stream, anything with `write`. */
export interface TextWriter {
  /** A promise is waited for. */
  write(text: string): unknown;
}

/** Options of `csvLogger`. */
export interface CsvLoggerOptions {
  /** One character between two fields. @defaultValue ',' */
  readonly separator?: string;
  /** Whether rows are added to what the file holds, instead of replacing it. @defaultValue false (Keras) */
  readonly append?: boolean;
}

const known: OptionNames<CsvLoggerOptions> = { separator: true, append: 'boolean' };

/**
 * Writes a row per epoch: its number, the steps so far, the learning rate at its end if the optimizer has
 * one, and every value that may be monitored; those that were not evaluated are empty. The first row has the
 * names. Fields are quoted as RFC 4180 has it, where they need it; lines end with `\n`; numbers are exact.
 * Every row is forced to the disk before the next epoch begins. (One that was not evaluated is written then, as
 * it is evaluated after all if it turns out to be the last.) When a training is resumed, rows of epochs
 * behind the checkpoint are taken back, so that none is there twice; what is not a file cannot take back,
 * and gets them again.
 *
 * @param to  the path of a file (Node only; its folder must exist), or what takes text
 * @throws TypeError for bad options; with `append`, an Error before the first row if the file has other
 * columns
 * @example
 * ```ts
 * const rows: string[] = [];
 * const model = new nn.Linear(1, 1, { seed: 0 });
 * await train.fit(model, {
 *   train: { x: tensor([[1], [2]]), y: tensor([[2], [4]]) },
 *   epochs: 2,
 *   optimizer: optim.sgd(model, { lr: 0 }),
 *   loss: nn.mse,
 *   callbacks: [train.csvLogger({ write: (text: string) => rows.push(text) })],
 * });
 * rows.join('').split('\n')[0]; // => 'epoch,steps,lr,dataLoss,penalty,loss'
 * rows.join('').split('\n')[2]?.slice(0, 6); // => '2,2,0,'
 * ```
 */
export function csvLogger(to: string | TextWriter, options: CsvLoggerOptions = {}): Callback {
  requireOptions('csvLogger', options, known);
  const { separator = ',', append = false } = options;
  if (typeof separator !== 'string' || !/^[^"\r\n\w.+-]$/.test(separator)) {
    throw new TypeError(
      `csvLogger: separator must be one character that is in no number, got ${JSON.stringify(separator)}.\n  For example ',', ';' or '\\t'.`,
    );
  }
  if (typeof to !== 'string' && typeof to?.write !== 'function') {
    throw new TypeError(
      `csvLogger: needs a path, or something with write, got ${kindOf(to)}.\n  csvLogger('log.csv')`,
    );
  }
  const line = (fields: readonly string[]): string =>
    `${fields.map((field) => quoted(field, separator)).join(separator)}\n`;
  const newSink = (): TextSink => (typeof to === 'string' ? csvFile(to, append) : csvStream(to));

  let columns: readonly string[] = [];
  let rate = (): number | undefined => undefined;
  let sink = newSink();
  /** A row without evaluations, which may yet come: its record and the rate then. */
  let pending: { readonly record: EpochRecord; readonly lr: number | null } | null = null;
  const write = async (record: EpochRecord, lr: number | undefined): Promise<void> => {
    pending = null;
    const fields = columns.map((name) => (name === 'lr' ? lr : fieldOf(record, name)));
    const row = line(fields.map((value) => (value === undefined ? '' : String(value))));
    await sink.write(row, line(columns));
  };
  const flush = async (): Promise<void> => {
    if (pending !== null) await write(pending.record, pending.lr ?? undefined);
  };
  return {
    async onTrainBegin(context) {
      const lr = rateCell(context.optimizer);
      rate = () => lr?.read().item() as number | undefined;
      columns = columnsOf(context, lr !== undefined);
      sink = newSink();
      pending = null;
      await sink.begin();
    },
    async onEpochBegin() {
      await flush();
    },
    async onEpochEnd(_epoch, record) {
      const isWhole = columns.every((name) => name === 'lr' || fieldOf(record, name) !== undefined);
      if (isWhole) await write(record, rate());
      else pending = { record, lr: rate() ?? null };
    },
    async onLateEvaluation(_epoch, record) {
      await write(record, pending?.lr ?? rate());
    },
    async onTrainEnd() {
      await flush();
    },
    stateDict: () => ({
      columns: [...columns],
      sink: sink.stateDict(),
      pending: pending === null ? null : { record: { ...pending.record }, lr: pending.lr },
    }),
    loadStateDict(saved) {
      const was = savedState('csvLogger', saved, ['columns', 'sink', 'pending']);
      columns = was.columns as readonly string[];
      sink.loadStateDict(was.sink);
      pending = was.pending as typeof was.pending & typeof pending;
    },
  };
}

/** RFC 4180: in quotes if it holds what separates, with quotes doubled. */
const quoted = (field: string, separator: string): string =>
  field.includes(separator) || /["\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;

const columnsOf = ({ monitored }: TrainContext, hasRate: boolean): string[] => [
  ...['epoch', 'steps'],
  ...(hasRate ? ['lr'] : []),
  ...monitored,
];

function fieldOf(record: EpochRecord, name: string): number | undefined {
  return name === 'epoch' || name === 'steps' ? record[name] : recordValue(record, name);
}
