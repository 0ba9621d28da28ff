import { mnistFiles } from '@tikhonov/lab/mnist';
import { data, train } from 'tikhonov';
import { readSettings, type Settings, usage } from './settings.ts';
import { stopwatch, type Times } from './stopwatch.ts';
import { trainMnist } from './train-mnist.ts';

/**
 * Does what the command line asks for.
 *
 * @param say  takes the lines of the result
 * @returns what `fit` returned, or null if only help was asked for
 * @throws UsageError for a mistake on the command line
 */
export async function main(
  args: readonly string[],
  say: (line: string) => void = console.log,
  signal?: AbortSignal,
): Promise<train.History | null> {
  const settings = readSettings(args);
  if (settings.help) {
    say(usage);
    return null;
  }
  const from = settings.data ?? (await mnistFiles(say));
  const { trainSize, seed } = settings;
  const digits = await data.loadMnist({
    from,
    seed,
    ...(trainSize === undefined ? {} : { trainSize }),
  });
  say(
    `${digits.train.name}: ${digits.train.size} images to learn from, ${digits.test.size} to test on`,
  );
  say(described(settings));
  say('\nepoch   seconds  processor  evaluation  train loss  test loss  test accuracy');
  const all: Times[] = [];
  const rows = stopwatch((record, times) => {
    all.push(times);
    say(row(record, times));
  });
  const history = await trainMnist(digits, settings, {
    callbacks: [rows],
    ...(signal === undefined ? {} : { signal }),
  });
  say(summary(history, all));
  return history;
}

const described = ({ batchSize, lr, seed, regularizer, compiled }: Settings): string =>
  [
    `${regularizer === 'weight-decay' ? 'AdamW' : 'Adam'}, lr ${lr} falling to 0`,
    `batches of ${batchSize}`,
    `regularizer ${regularizer}`,
    `seed ${seed}`,
    compiled ? 'compiled' : 'not compiled',
  ].join(', ');

function row({ epoch, dataLoss, penalty, evaluations }: train.EpochRecord, times: Times): string {
  const { loss, accuracy } = evaluations.test!;
  return [
    String(epoch).padStart(5),
    times.steps.toFixed(2).padStart(8),
    times.processor.toFixed(2).padStart(9),
    times.evaluation.toFixed(2).padStart(10),
    (dataLoss + penalty).toFixed(4).padStart(10),
    loss.toFixed(4).padStart(9),
    percent(accuracy!).padStart(13),
  ].join('  ');
}

function summary(history: train.History, all: readonly Times[]): string {
  const last = train.finalRecord(history);
  if (last === undefined) return `\nNo epoch was completed (${history.stopReason}).`;
  const mean = (of: (times: Times) => number): string =>
    (all.reduce((sum, times) => sum + of(times), 0) / all.length).toFixed(2);
  return [
    `\n${history.stopReason} after ${last.epoch} ${last.epoch === 1 ? 'epoch' : 'epochs'} of ${last.steps / last.epoch} steps`,
    `  an epoch's steps   ${mean(({ steps }) => steps)} s, ${mean(({ processor }) => processor)} s of processor`,
    `  an evaluation      ${mean(({ evaluation }) => evaluation)} s`,
    `  test accuracy      ${percent(last.evaluations.test!.accuracy!)}`,
  ].join('\n');
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
