import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { data, tensor } from 'tikhonov';
import { main } from '../../src/mnist/main.ts';
import { readSettings, regularizers, UsageError } from '../../src/mnist/settings.ts';

let folder = '';

/** Images of 4 x 4 pixels, one of which is bright: that with the number of the class. */
function writePart(part: string, count: number): void {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
  const images = Int32Array.from({ length: count * 16 }, (_, k) =>
    k % 16 === labels[Math.floor(k / 16)] ? 255 : (k * 37) % 64,
  );
  const write = (name: string, values: Int32Array, shape: readonly number[]) => {
    const bytes = data.writeIdx(tensor(values, { shape }), { type: 'uint8' });
    writeFileSync(join(folder, `${part}-${name}-ubyte`), bytes);
  };
  write('images-idx3', images, [count, 4, 4]);
  write('labels-idx1', labels, [count]);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'example-mnist-'));
  writePart('train', 600);
  writePart('t10k', 100);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Runs the program; gives what it returned, and the lines of standard output. */
async function run(...args: readonly string[]) {
  // The progress bar's, and not of interest.
  const bar = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const lines: string[] = [];
  const history = await main(args, (line) => lines.push(line));
  return { history, output: lines.join('\n'), bar: bar.mock.calls.map(([text]) => text).join('') };
}

const oneEpoch = ['--epochs', '1', '--batch-size', '20'] as const;

describe('a run', () => {
  test('learns, and says so in a table', async () => {
    const { history, output, bar } = await run('--data', folder, ...oneEpoch);
    const [epoch] = history!.epochs;
    expect([epoch!.epoch, epoch!.steps]).toEqual([1, 30]);
    // By guessing it is 0.1: the brightest pixel tells the class.
    expect(epoch!.evaluations.test!.accuracy).toBeGreaterThan(0.9);
    expect(output).toContain('images: 600 images to learn from, 100 to test on');
    expect(output).toContain('batches of 20, regularizer none, seed 0, compiled');
    expect(output).toMatch(
      /\n +1 +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d +\d\.\d{4} +\d\.\d{4} +\d+\.\d\d %/,
    );
    expect(output).toContain('completed after 1 epoch of 30 steps');
    expect(bar).toContain('test.accuracy');
  });

  test('depends on the seed and nothing else', async () => {
    const accuracies = async (seed: string) => {
      const { history } = await run('--data', folder, ...oneEpoch, '--seed', seed);
      return history!.epochs.map(({ dataLoss }) => dataLoss);
    };
    const first = await accuracies('1');
    expect(await accuracies('1')).toEqual(first);
    expect(await accuracies('2')).not.toEqual(first);
  });

  test('takes fewer images, and goes without compiling', async () => {
    const small = ['--train-size', '40', '--no-compiled'];
    const { history, output } = await run('--data', folder, ...oneEpoch, ...small);
    expect(history!.epochs[0]!.steps).toBe(2);
    expect(output).toContain('not compiled');
  });

  test.each(Object.keys(regularizers).slice(1))('regularizes by %s', async (name) => {
    const args = ['--data', folder, ...oneEpoch, '--train-size', '100', '--regularizer'] as const;
    const [plain, regularized] = [await run(...args, 'none'), await run(...args, name)];
    const lossOf = ({ history }: typeof plain) => history!.epochs[0]!.evaluations.test!.loss;
    expect(lossOf(regularized)).not.toBe(lossOf(plain));
    expect(regularized.history!.epochs[0]!.penalty > 0).toBe(name === 'l1');
  });
});

describe('the command line', () => {
  test('help lists every option', async () => {
    const { history, output } = await run('--help');
    expect(history).toBeNull();
    for (const name of [
      'epochs',
      'batch-size',
      'lr',
      'seed',
      'data',
      'train-size',
      'no-compiled',
    ]) {
      expect(output).toContain(`--${name} `);
    }
  });

  test('mistakes are named', () => {
    const mistake = (...args: readonly string[]): string => {
      try {
        readSettings(args);
      } catch (error) {
        if (error instanceof UsageError) return error.message;
      }
      return 'none';
    };
    expect(mistake('--epochs', '0')).toBe("--epochs must be an integer >= 1, got '0'");
    expect(mistake('--batch-size', '1.5')).toContain('--batch-size must be an integer >= 1');
    expect(mistake('--seed', '')).toBe("--seed must be an integer >= 0, got ''");
    expect(mistake('--lr', 'fast')).toBe("--lr must be a number > 0, got 'fast'");
    expect(mistake('--regularizer', 'magic')).toBe(
      "--regularizer must be one of none, dropout, weight-decay, label-smoothing, l1, got 'magic'",
    );
    expect(mistake('--rate', '1')).toContain("Unknown option '--rate'");
    expect(mistake()).toBe('none');
  });

  test('a folder without the files is an error that names one', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty, { recursive: true });
    await expect(run('--data', empty)).rejects.toThrow('there is no train-labels-idx1-ubyte');
  });
});
