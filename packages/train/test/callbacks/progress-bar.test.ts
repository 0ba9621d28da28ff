import { describe, expect, test } from '@jest/globals';
import { batches } from '@tikhonov/data';
import {
  type BatchFactory,
  type Callback,
  type FitOptions,
  fit,
  type ProgressBarOptions,
  progressBar,
} from '@tikhonov/train';
import { network, plan, small } from '../helpers.ts';

type Output = NonNullable<ProgressBarOptions['output']>;

/** Lets `ms` pass in every step: the line is drawn anew every 100 ms. */
const slowly = (ms: number): Callback => ({
  onBatchEnd: () => new Promise((resolve) => setTimeout(resolve, ms)),
});

/** Three batches, of which nobody knows beforehand that they are three. */
const stream: BatchFactory = function* (_epoch, key) {
  for (const { x, y } of batches(small, { batchSize: 32, key })) yield { x, y };
};

interface Setting extends Omit<Partial<Output>, 'write'> {
  readonly every?: number;
  readonly callbacks?: readonly Callback[];
  readonly train?: FitOptions['train'];
  readonly epochs?: number;
}

/** What the bar of a short training writes; the rejection of the training is passed over. */
async function written({ every, callbacks = [], train = small, epochs = 3, ...output }: Setting) {
  const texts: string[] = [];
  const write = (text: string) => texts.push(text);
  const bar = progressBar({
    output: { ...output, write },
    ...(every === undefined ? {} : { every }),
  });
  const model = network();
  const all = [...callbacks, bar];
  await fit(model, plan(model, { train, epochs, callbacks: all })).catch(() => null);
  return texts;
}

describe('progressBar', () => {
  test('writes one line at the end of a short training when lines cannot be redrawn', async () => {
    const lines = await written({});
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^completed after 3 epochs {2}loss \d\.\d{4} {2}validation\.loss /);
  });

  test('writes a line per interval', async () => {
    const lines = await written({ every: 0 });
    expect(lines.map((line) => line.slice(0, 9))).toEqual(['epoch 1/3', 'epoch 2/3', 'completed']);
    expect(lines[1]).toMatch(/validation\.accuracy \d\.\d{4} {2}about 0:\d\d left\n$/);
  });

  test('redraws one line on a terminal, and leaves a line at the end', async () => {
    const texts = await written({ isTTY: true, columns: 40 });
    const bars = texts.filter((text) => text.includes('% of 3 epochs'));
    expect(bars.length).toBeGreaterThanOrEqual(1);
    expect(bars[0]).toContain('0 % of 3 epochs');
    expect(texts.filter((text) => text.endsWith('\n'))).toHaveLength(1);
    expect(texts.at(-1)).toMatch(/completed after 3 epochs/);
  });

  test('writes within long epochs: the mean loss so far, the last evaluation, the time left', async () => {
    const means: string[] = [];
    let [rows, loss] = [0, 0];
    const witness: Callback = {
      onEpochBegin() {
        [rows, loss] = [0, 0];
      },
      onBatchEnd(_step, { size, dataLoss, penalty }) {
        rows += size;
        loss += size * (dataLoss + penalty);
        means.push((loss / rows).toFixed(4));
      },
    };
    const lines = await written({ every: 1e-9, callbacks: [witness], epochs: 2 });
    const within = lines.filter((line) => line.startsWith('batch'));
    expect(within.map((line) => /^batch \d of epoch \d\/2 {2}loss (\S+)/.exec(line)![1])).toEqual(
      means,
    );
    expect(within[0]).toBe(`batch 1 of epoch 1/2  loss ${means[0]}  about ? left\n`);
    expect(within[1]).toMatch(/^batch 2 of epoch 1\/2 {2}loss \S+ {2}about \d:\d\d left\n$/);
    expect(within[4]).toMatch(/^batch 2 of epoch 2\/2 {2}loss \S+ {2}validation\.loss \S+ {2}val/);
  });

  test('says how much time is left', async () => {
    const lines = await written({ every: 1e-9, callbacks: [slowly(15)] });
    const left = lines.map((line) => /about (\S+) left/.exec(line)?.[1]);
    const time = expect.stringMatching(/^0:\d\d$/);
    expect(left.slice(0, 3)).toEqual(['?', time, time]);
    expect(left.slice(0, 3)).not.toContain('0:00');
    expect(lines.at(-1)).toMatch(/^completed/);
  });

  test('does without the length of an epoch until it has seen one', async () => {
    const callbacks = [slowly(120)];
    const setting = { isTTY: true, columns: 200, callbacks, train: stream, epochs: 2 };
    const text = (await written(setting)).join('');
    const percents = [...text.matchAll(/(\d+) % of/g)].map(([, percent]) => Number(percent));
    expect(percents.filter((percent) => percent > 0 && percent < 50)).toEqual([]);
    expect(percents.some((percent) => percent > 50 && percent < 100)).toBe(true);
    expect(text).toMatch(/ 0 % of 2 epochs, about \? left {2}loss \d/);
    expect(text).toMatch(/ 83 % of 2 epochs, about 0:\d\d left {2}loss \S+ {2}validation\.loss \d/);
  });

  test('leaves the terminal as it was, whatever ends the training', async () => {
    const broken: Callback = {
      onBatchEnd(step) {
        if (step === 2) throw new Error('disk full');
      },
    };
    const texts = await written({ isTTY: true, columns: 60, callbacks: [broken] });
    expect(texts.at(-1)).toBe('error after 0 epochs\n');
    // The line of the bar is cleared in front of it.
    expect(texts.at(-2)).toBe('\u001b[2K');
    const text = texts.join('');
    // Neither a hidden cursor nor a terminal without wrapping: nothing has to be put back.
    expect(text).not.toContain('\u001b[?25l');
    expect(text).not.toContain('\u001b[?7l');
    const bars = texts.filter((line) => line.includes('% of'));
    expect(bars.every((line) => line.length <= 60)).toBe(true);
  });

  test('options are checked', () => {
    const output: Output = { write: () => undefined };
    expect(() => progressBar({ output, every: -1 })).toThrow(
      'progressBar: every must be finite and >= 0, got -1.',
    );
    expect(() => progressBar({ interval: 3 } as ProgressBarOptions)).toThrow(
      'unknown option "interval"',
    );
    expect(() => progressBar({ output: 'log' as never })).toThrow('output must be a object');
  });
});
