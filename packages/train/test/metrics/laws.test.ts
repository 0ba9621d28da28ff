// What holds for every metric: any split into batches gives the same value, so does a program, whole
// weights are repeated rows, and the order of the rows does not matter.
import { describe, expect, test } from '@jest/globals';
import { indexSelect, random, type Tensor, tensor } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import {
  accuracy,
  binaryAccuracy,
  brierScore,
  evaluator,
  expectedCalibrationError,
  f1Score,
  type Loss,
  type Metric,
  type Metrics,
  meanAbsoluteError,
  meanSquaredError,
  measure,
  negativeLogLikelihood,
  precision,
  r2Score,
  recall,
  rootMeanSquaredError,
  type StreamingMetric,
  topKAccuracy,
} from '@tikhonov/train';

const n = 60;
const draw = (seed: number, shape: number[]): Tensor =>
  random.normal(random.key(seed), shape, { dtype: 'float64' });
const classes = {
  x: draw(0, [n, 4]).mul(2),
  y: tensor(
    Array.from({ length: n }, (_, i) => (i * i + (i >> 2)) % 4),
    { dtype: 'int32' },
  ),
};
const binary = { x: draw(1, [n]).mul(2), y: draw(2, [n]).add(draw(1, [n])) };
const signs = tensor(
  Array.from(binary.y.data(), (v) => (v > 0 ? 1 : 0)),
  { dtype: 'int32' },
);
const targets = {
  x: draw(3, [n, 3]),
  y: draw(3, [n, 3])
    .add(draw(4, [n, 3]))
    .add(1e6),
};
const near = { x: targets.x.add(1e6), y: targets.y };

interface Case {
  readonly name: string;
  readonly metric: Metric | StreamingMetric;
  readonly x: Tensor;
  readonly y: Tensor;
}

const averages = ['macro', 'weighted', 'micro'] as const;
const cases: readonly Case[] = [
  { name: 'accuracy', metric: accuracy, ...classes },
  { name: 'topKAccuracy', metric: topKAccuracy(2), ...classes },
  { name: 'negativeLogLikelihood', metric: negativeLogLikelihood, ...classes },
  { name: 'brierScore', metric: brierScore, ...classes },
  { name: 'brierScore, binary', metric: brierScore, x: binary.x, y: signs },
  { name: 'binaryAccuracy', metric: binaryAccuracy, x: binary.x, y: signs },
  { name: 'binary f1Score', metric: f1Score({ average: 'binary' }), x: binary.x, y: signs },
  ...(['l1', 'l2', 'max'] as const).flatMap((norm) =>
    [false, true].map((adaptive) => ({
      name: `expectedCalibrationError ${norm}${adaptive ? ', adaptive' : ''}`,
      metric: expectedCalibrationError({ bins: 7, norm, adaptive }),
      ...classes,
    })),
  ),
  ...averages.flatMap((average) => [
    { name: `f1Score ${average}`, metric: f1Score({ average }), ...classes },
    { name: `precision ${average}`, metric: precision({ average }), ...classes },
    { name: `recall ${average}`, metric: recall({ average }), ...classes },
  ]),
  { name: 'meanSquaredError', metric: meanSquaredError, ...near },
  { name: 'meanAbsoluteError', metric: meanAbsoluteError, ...near },
  { name: 'rootMeanSquaredError', metric: rootMeanSquaredError(), ...near },
  { name: 'r2Score', metric: r2Score(), ...near },
  { name: 'r2Score by variance', metric: r2Score({ average: 'variance' }), ...near },
];

const identity = { forward: (x: Tensor): Tensor => x, namedCells: () => ({}) };

/** The values over a data set, in chunks. */
function allOver(
  set: Dataset,
  metrics: Metrics,
  options: { readonly batchSize: number; readonly compiled: boolean },
): Readonly<Record<string, number>> {
  const loss: Loss = (_output, _y, { sampleWeight } = {}) =>
    (sampleWeight ?? tensor(0)).sum().mul(0);
  return evaluator(identity, { loss, metrics, ...options })(set);
}

const over = (set: Dataset, { metric }: Case, batchSize: number): number =>
  allOver(set, { metric }, { batchSize, compiled: false }).metric!;

const weight = tensor(
  Array.from({ length: n }, (_, i) => [0, 1, 3, 2][(i * 7 + (i >> 3)) % 4]!),
  { dtype: 'float64' },
);

// Some n float64 roundings of values of the size of the result; none of these metrics cancels.
const close = (a: number, b: number): void =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(n * 2 ** -52 * Math.max(Math.abs(b), 1));

describe.each(cases)('$name', (c) => {
  const { metric, x, y } = c;
  const whole = measure(metric, x, y);
  test('is a finite number', () => {
    expect(Number.isFinite(whole)).toBe(true);
  });

  test('has one value over any chunks', () => {
    const set = new Dataset({ x, y });
    for (const batchSize of [1, 7, 59, 60]) close(over(set, c, batchSize), whole);
  });

  test('takes whole weights as repeated rows, over any chunks', () => {
    const index = Array.from(weight.data()).flatMap((w, i) => Array<number>(w).fill(i));
    const rows = tensor(index, { dtype: 'int32' });
    const want = measure(metric, indexSelect(x, rows), indexSelect(y, rows));
    close(measure(metric, x, y, { sampleWeight: weight }), want);
    const set = new Dataset({ x, y, sampleWeight: weight });
    for (const batchSize of [1, 7, 60]) close(over(set, c, batchSize), want);
    // One that ignored the weights would pass if they made no difference.
    expect(Math.abs(want - whole)).toBeGreaterThan(1e-6);
  });

  test('does not look at rows of weight 0', () => {
    const bad = x.astype('float64').toArray() as (number | number[])[];
    const broken = bad.map((row, i) =>
      weight.data()[i] !== 0 ? row : Array.isArray(row) ? row.map(() => Number.NaN) : Number.NaN,
    );
    const got = measure(metric, tensor(broken as number[][], { dtype: 'float64' }), y, {
      sampleWeight: weight,
    });
    expect(got).toBe(measure(metric, x, y, { sampleWeight: weight }));
  });

  test('does not depend on the order of the rows', () => {
    const order = random.permutation(random.key(9), n);
    close(measure(metric, indexSelect(x, order), indexSelect(y, order)), whole);
  });

  test('takes float32 rows, and is exact for what they hold', () => {
    const single = x.astype('float32');
    const target = y.dtype === 'int32' ? y : y.astype('float32');
    const held = target.dtype === 'int32' ? target : target.astype('float64');
    const got = measure(metric, single, target);
    const want = measure(metric, single.astype('float64'), held);
    if (c.name === 'negativeLogLikelihood') expect(Math.abs(got - want)).toBeLessThan(1e-6);
    else expect(got).toBe(want);
  });

  test('refuses bad weights', () => {
    const given = (values: number[]) => () =>
      measure(metric, x, y, { sampleWeight: tensor(values) });
    expect(given([1, 2])).toThrow(/sampleWeight must (be|have shape) \[60\]/);
    expect(given(Array<number>(n).fill(-1))).toThrow(/sampleWeight must be finite and >= 0/);
    expect(given(Array<number>(n).fill(Number.NaN))).toThrow(RangeError);
    expect(given(Array<number>(n).fill(0))).toThrow(/sum to 0|rows that count, got 0/);
    const extra = { sampleWeights: weight } as never;
    expect(() => measure(metric, x, y, extra)).toThrow(/unknown option "sampleWeights"/);
  });

  test('refuses rows that do not belong together, and none', () => {
    const fewer = indexSelect(y, tensor([0, 1], { dtype: 'int32' }));
    expect(() => measure(metric, x, fewer)).toThrow(/got \[60.*\] and \[2/);
    const none = indexSelect(x, tensor(new Int32Array(0)));
    expect(() => measure(metric, none, indexSelect(y, tensor(new Int32Array(0))))).toThrow(
      /n >= 1/,
    );
  });
});

test.each([
  ['classes', classes],
  ['two classes', { x: binary.x, y: signs }],
  ['targets', near],
])('programs give the same values: metrics of %s', (_, rows) => {
  const own = cases.filter(({ x }) => x === rows.x);
  expect(own.length).toBeGreaterThan(2);
  const metrics = Object.fromEntries(own.map(({ name, metric }) => [name, metric]));
  for (const set of [new Dataset(rows), new Dataset({ ...rows, sampleWeight: weight })]) {
    const got = allOver(set, metrics, { batchSize: 20, compiled: true });
    const want = allOver(set, metrics, { batchSize: 20, compiled: false });
    for (const { name } of own) close(got[name]!, want[name]!);
  }
});

test('programs report a bad label as eager evaluations do', () => {
  const y = tensor(
    Array.from(classes.y.data(), (label, i) => (i === 30 ? 9 : label)),
    {
      dtype: 'int32',
    },
  );
  const metrics = { f1: f1Score(), ece: expectedCalibrationError() };
  for (const compiled of [false, true]) {
    expect(() =>
      allOver(new Dataset({ x: classes.x, y }), metrics, { batchSize: 20, compiled }),
    ).toThrow(/(f1Score|expectedCalibrationError): labels must be integers in \[0, 4\), got/);
  }
});
