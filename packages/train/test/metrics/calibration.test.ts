import { describe, expect, test } from '@jest/globals';
import { log, random, softmax, type Tensor, tensor } from '@tikhonov/core';
import { expectedCalibrationError, measure } from '@tikhonov/train';

const int = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });

/** Logits of two classes in which the predicted class 1 has these probabilities. */
const withConfidence = (...p: number[]): Tensor =>
  log(
    tensor(
      p.map((c) => [1 - c, c]),
      { dtype: 'float64' },
    ),
  );

const logits = random.normal(random.key(0), [80, 3], { dtype: 'float64' }).mul(1.5);
const labels = random.randint(random.key(1), [80], 0, 3);

interface Row {
  readonly confidence: number;
  readonly hit: number;
}

const rows: readonly Row[] = (softmax(logits).toArray() as number[][]).map((p, i) => {
  const confidence = Math.max(...p);
  return { confidence, hit: p.indexOf(confidence) === labels.data()[i] ? 1 : 0 };
});

/** Of groups of rows: accuracy less confidence, and the share of the rows. */
const gapsOf = (groups: readonly (readonly Row[])[]) =>
  groups
    .filter((group) => group.length > 0)
    .map((group) => ({
      gap: Math.abs(group.reduce((s, r) => s + r.hit - r.confidence, 0)) / group.length,
      share: group.length / rows.length,
    }));

const norms = {
  l1: (gaps: ReturnType<typeof gapsOf>) => gaps.reduce((s, g) => s + g.share * g.gap, 0),
  l2: (gaps: ReturnType<typeof gapsOf>) =>
    Math.sqrt(gaps.reduce((s, g) => s + g.share * g.gap ** 2, 0)),
  max: (gaps: ReturnType<typeof gapsOf>) => Math.max(...gaps.map((g) => g.gap)),
};

describe('expectedCalibrationError', () => {
  test.each(['l1', 'l2', 'max'] as const)('in bins of equal width, row by row, norm %s', (norm) => {
    for (const bins of [1, 2, 10, 15]) {
      const groups = Array.from({ length: bins }, (_, b) =>
        rows.filter(({ confidence }) => confidence > b / bins && confidence <= (b + 1) / bins),
      );
      const got = measure(expectedCalibrationError({ bins, norm }), logits, labels);
      expect(Math.abs(got - norms[norm](gapsOf(groups)))).toBeLessThan(80 * 2 ** -52);
    }
  });

  test.each(['l1', 'l2', 'max'] as const)('in bins of equally many rows, norm %s', (norm) => {
    const sorted = [...rows].sort((a, b) => a.confidence - b.confidence);
    for (const bins of [1, 4, 16, 80]) {
      const size = 80 / bins;
      const groups = Array.from({ length: bins }, (_, b) => sorted.slice(b * size, (b + 1) * size));
      const metric = expectedCalibrationError({ bins, norm, adaptive: true });
      expect(Math.abs(measure(metric, logits, labels) - norms[norm](gapsOf(groups)))).toBeLessThan(
        80 * 2 ** -50,
      );
    }
  });

  test('puts an edge into the bin below', () => {
    // Confidences of exactly 0.5, a miss, and 1, a hit; 0.5 is the edge of two bins.
    const output = tensor(
      [
        [0, 0],
        [0, 1000],
      ],
      { dtype: 'float64' },
    );
    const ece = expectedCalibrationError({ bins: 2, norm: 'max' });
    expect(measure(ece, output, int([1, 1]))).toBe(0.5);
    // In one bin they would be half as far off.
    const one = expectedCalibrationError({ bins: 1, norm: 'max' });
    expect(measure(one, output, int([1, 1]))).toBe(0.25);
  });

  test('of one logit is that of two', () => {
    const z = random.normal(random.key(2), [30], { dtype: 'float64' });
    const truth = random.randint(random.key(3), [30], 0, 2);
    const two = z.expandDims(1).mul(tensor([[0, 1]], { dtype: 'float64' }));
    const ece = expectedCalibrationError();
    expect(measure(ece, z, truth)).toBe(measure(ece, two, truth));
  });

  test('an adaptive bin edge within a row gives a share of it to both bins', () => {
    // Three rows in two bins: the middle one counts half in each.
    const output = withConfidence(0.6, 0.8, 0.9);
    const ece = expectedCalibrationError({ bins: 2, norm: 'max', adaptive: true });
    const upper = Math.abs(1.5 - (0.4 + 0.9)) / 1.5;
    const lower = Math.abs(0.5 - (0.6 + 0.4)) / 1.5;
    expect(measure(ece, output, int([0, 1, 1]))).toBeCloseTo(Math.max(lower, upper), 12);
  });

  test('is NaN if a confidence is', () => {
    const output = tensor([
      [Number.NaN, 1],
      [0, 1],
    ]);
    for (const norm of ['l1', 'l2', 'max'] as const) {
      for (const adaptive of [false, true]) {
        const metric = expectedCalibrationError({ norm, adaptive });
        expect(measure(metric, output, int([0, 1]))).toBeNaN();
      }
    }
  });

  test('refuses bad options', () => {
    expect(() => expectedCalibrationError({ bins: 0 })).toThrow(
      'expectedCalibrationError: bins must be an integer >= 1, got 0.',
    );
    expect(() => expectedCalibrationError({ norm: 'l3' as never })).toThrow(
      "expectedCalibrationError: norm must be 'l1', 'l2' or 'max', got l3.",
    );
    expect(() => expectedCalibrationError({ adaptive: 1 as never })).toThrow(TypeError);
    expect(() => expectedCalibrationError({ bin: 3 } as never)).toThrow(/unknown option "bin"/);
  });
});
