import { describe, expect, test } from '@jest/globals';
import { apart } from '../src/reproduce/labels.ts';
import { reproductions } from '../src/reproduce/registry.ts';
import type { ReproduceContext, Reproduced } from '../src/reproduce/reproduction.ts';
import { slopeOf } from '../src/reproduce/slopes.ts';

const geometricOrders = (order: number): number[] =>
  [0, 1, 2, 3, 4, 5, 6].map((k) => 2 ** (-k * order));

/** What a reproduction says of outputs that are made up, one for each of its inputs. */
async function verdictOn<Input>(
  name: string,
  outputOf: (input: Input) => unknown,
): Promise<Reproduced> {
  const { run } = await reproductions[name]!();
  const context: ReproduceContext<never, unknown> = {
    seeds: 3,
    firstSeed: 0,
    data: null,
    quick: false,
    say: () => {},
    runTasks: async (inputs: readonly Input[]) => inputs.map(outputOf),
  };
  return run(context);
}

describe('a verdict follows from the figures, either way', () => {
  interface Descent {
    readonly kind: string;
    readonly steepness: number;
  }

  const descent =
    (clippedGrows: boolean) =>
    (input: Descent): unknown => {
      const grown = (200 * input.steepness) / (1 + Math.log(input.steepness));
      const steps = input.kind === 'constant' || clippedGrows ? Math.round(grown) : 25;
      const path = [1, 2, 3].map((step) => ({ step, norm: 1 / step }));
      return { ...input, steps, lr: 0.1, clip: null, path };
    };

  test.each([false, true])('clipping-accelerates, clipped descent grows: %s', async (grows) => {
    const { holds } = await verdictOn('clipping-accelerates', descent(grows));
    expect(holds).toBe(!grows);
  });

  /** Falls, rises a little, falls lower, rises: whether waiting pays depends on the test error. */
  const valley = (epoch: number): number => {
    if (epoch <= 30) return 2 - epoch / 30;
    if (epoch <= 40) return 1 + 0.012 * (epoch - 30);
    if (epoch <= 120) return 1.12 - (0.17 * (epoch - 40)) / 80;
    return 0.95 + 0.004 * (epoch - 120);
  };

  const training = (waitingPays: boolean) => (input: { readonly seed: number }) => {
    const epochs = Array.from({ length: 400 }, (_, k) => k + 1);
    const factor = 1 + 0.01 * input.seed;
    return {
      ...input,
      train: epochs.map((epoch) => 2 / (1 + epoch / 10)),
      validation: epochs.map((epoch) => factor * valley(epoch)),
      test: epochs.map((epoch) =>
        waitingPays ? factor * valley(epoch) : 1 + epoch / (1000 - input.seed),
      ),
    };
  };

  test.each([true, false])('prechelt, waiting pays: %s', async (pays) => {
    expect((await verdictOn('prechelt', training(pays))).holds).toBe(pays);
  });

  interface Smoothed {
    readonly smoothing: number;
    readonly seed: number;
  }

  const calibrated =
    (factor: number) =>
    (input: Smoothed): unknown => {
      const ece = (0.1 + 0.001 * (input.seed % 3)) * (input.smoothing > 0 ? factor : 1);
      const rest = {
        overconfidence: ece,
        accuracy: 0.9,
        nll: 0.5,
        scaledEce: 0.02,
        temperature: 1,
      };
      return { ...input, ...rest, ece, heldEce: ece, bins: bins() };
    };

  const bins = () => Array.from({ length: 15 }, () => ({ count: 2, hits: 1, confidence: 1.2 }));

  test.each([
    [0.5, true],
    [1, false],
    [2, false],
  ])('label-smoothing-calibration, an error %s times as large: %s', async (factor, holds) => {
    const result = await verdictOn('label-smoothing-calibration', calibrated(factor));
    expect(result.holds).toBe(holds);
  });

  const orders = (modified: number) => (input: { readonly span: 'step' | 'time' }) => {
    const more = input.span === 'step' ? 1 : 0;
    const lr = geometricOrders(1);
    return {
      ...input,
      order: { lr, flow: geometricOrders(1 + more), modified: geometricOrders(modified + more) },
    };
  };

  test.each([
    [2, true],
    [1, false],
    [3, false],
  ])('igr-order, of order %s: %s', async (order, holds) => {
    expect((await verdictOn('igr-order', orders(order))).holds).toBe(holds);
  });

  interface Flooded {
    readonly level: number;
    readonly seed: number;
  }

  const flooded =
    ({ floats, helps }: { readonly floats: boolean; readonly helps: boolean }) =>
    ({ level, seed, ...rest }: Flooded): unknown => {
      const own = 0.01 * (seed % 3);
      const curve = Array.from({ length: 8 }, (_, k) => ({
        epoch: 10 * (k + 1),
        train: floats ? level : 0,
        validation: 1 + Math.abs(level - 0.2),
        test: (helps && level > 0 ? 0.5 : 1.5) + own,
        testAccuracy: (helps && level > 0 ? 0.9 : 0.8) + own,
      }));
      return { ...rest, level, seed, curve };
    };

  test.each([
    [true, true, true],
    [false, true, false],
    [true, false, false],
  ])('flooding-gaussians, floats: %s, helps: %s', async (floats, helps, holds) => {
    expect((await verdictOn('flooding-gaussians', flooded({ floats, helps }))).holds).toBe(holds);
  });

  const shifted = (change: number) => (input: { readonly seed: number }) => {
    const ends = (last: number) => [
      { time: 0, difference: 1 },
      { time: 80, difference: last },
    ];
    return {
      ...input,
      shifts: [1, 16].map((factor) => ({
        factor,
        outputs: 0,
        weissi: factor === 1 ? 0 : change,
        weissiWithL1: 0,
        l2: factor ** 2,
      })),
      biasesByProducts: 0,
      biasesByOwn: 0.4,
      balanced: 3,
      least: 3,
      trainings: { none: ends(1), l2: ends(Math.exp(-3.2)), weissi: ends(1) },
    };
  };

  test.each([
    [0, true],
    [0.1, false],
  ])('weissi-invariance, the penalty changes by %s: %s', async (change, holds) => {
    expect((await verdictOn('weissi-invariance', shifted(change))).holds).toBe(holds);
  });

  interface Oriented {
    readonly kind: string;
    readonly seed: number;
    readonly estimator?: string;
  }

  const oriented =
    (off: number, factor: number) =>
    ({ kind, seed, estimator }: Oriented): unknown => {
      if (kind === 'identity') {
        const angles = [0.5, 1, 2].map((theta) => ({
          theta,
          isotropic: 1 - (2 * theta) / Math.PI + off,
          stretched: 0,
        }));
        return { seed, angles, trained: null };
      }
      const v = (0.5 + 0.01 * (seed % 3)) * (estimator === 'none' ? 1 : factor);
      return { seed, angles: [], trained: { estimator, byAngles: v, bySigns: v, accuracy: 0.9 } };
    };

  test.each([
    [0, 0.5, true],
    [0.2, 0.5, false],
    [0, 1, false],
  ])('self-orthogonality, off by %s, correlations times %s: %s', async (off, factor, holds) => {
    expect((await verdictOn('self-orthogonality', oriented(off, factor))).holds).toBe(holds);
  });
});

test('the slope is that of least squares', () => {
  expect(slopeOf([0, 1, 2], [1, 2, 6])).toBeCloseTo(2.5, 12);
  expect(slopeOf([1, 1], [0, 5])).toBe(0);
});

test('labels are kept apart, from the lowest on', () => {
  const labels = [{ value: 1 }, { value: 0 }, { value: 0.1 }];
  expect(apart(labels, 0.5).map(({ value }) => value)).toEqual([0, 0.5, 1]);
});
