import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  DTypeError,
  equal,
  grad,
  hvp,
  matmul,
  mul,
  notEqual,
  parameter,
  random,
  ShapeError,
  softmax,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '@tikhonov/core';
import {
  type AttentionOptions,
  attentionWeights,
  scaledDotProductAttention,
} from '../src/index.ts';
import { double, finite, gap, normal } from './numbers.ts';

const [q, k, v] = [normal(0, [3, 2]), normal(1, [4, 2]), normal(2, [4, 3])];
const keep = (rows: number[][]): Tensor => notEqual(tensor(rows, { dtype: 'int32' }), 0);
const some = keep([
  [1, 0, 1, 1],
  [0, 0, 0, 1],
  [1, 1, 1, 1],
]);
const withDeadRow = keep([
  [1, 0, 1, 1],
  [0, 0, 0, 0],
  [1, 1, 1, 1],
]);

test.each<[string, AttentionOptions]>([
  ['plain', {}],
  ['scaled', { scale: 2 }],
  ['causal', { isCausal: true }],
  ['masked', { mask: some }],
  ['masked, with a row of no keys', { mask: withDeadRow }],
  ['masked and causal', { mask: withDeadRow, isCausal: true }],
  ['dropout', { dropout: 0.4, training: true, rng: random.key(3) }],
])('derivatives to order 2 in q, k and v: %s', (_name, options) => {
  const f = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
    scaledDotProductAttention(a, b, c, options);
  expect(assertGrads(f, [q, k, v]).checked).toBeGreaterThan(0);
});

test('derivatives to order 2 in an additive mask and a scale', () => {
  const f = (mask: Tensor, scale: Tensor): Tensor =>
    scaledDotProductAttention(q, k, v, { mask, scale });
  expect(assertGrads(f, [normal(4, [3, 4]), double(0.7)]).checked).toBeGreaterThan(0);
});

test('it is softmax(q k^T / sqrt(e)) v, over any batch axes', () => {
  const want = matmul(softmax(matmul(q, transpose(k)).div(Math.SQRT2)), v);
  expect(gap(scaledDotProductAttention(q, k, v), want)).toBeLessThan(1e-15);
  const batch = (x: Tensor): Tensor => x.broadcastTo([2, 5, ...x.shape]);
  const all = scaledDotProductAttention(batch(q), batch(k), batch(v));
  expect(gap(all, batch(want))).toBeLessThan(1e-15);
  expect(gap(scaledDotProductAttention(batch(q), k, v), batch(want))).toBeLessThan(1e-15);
});

describe('masks', () => {
  test('a dropped key is as if it were not there', () => {
    const two = keep([[1, 1, 0, 0]]);
    const want = scaledDotProductAttention(q, k.reshape([2, 2, 2]), v.reshape([2, 2, 3]));
    const first = want.reshape([2, 9]).data().slice(0, 9);
    const got = scaledDotProductAttention(q, k, v, { mask: two });
    expect(gap(got, tensor(first, { shape: [3, 3], dtype: 'float64' }))).toBeLessThan(1e-15);
  });

  test('bool and additive -Infinity agree, in value and derivatives', () => {
    const added = double([
      [0, -Infinity, 0, 0],
      [-Infinity, -Infinity, -Infinity, -Infinity],
      [0, 0, 0, 0],
    ]);
    const f = (mask: Tensor) => (a: Tensor) =>
      sum(mul(scaledDotProductAttention(a, k, v, { mask }), normal(5, [3, 3])));
    expect(f(added)(q).item()).toBe(f(withDeadRow)(q).item());
    expect(gap(grad(f(added))(q), grad(f(withDeadRow))(q))).toBeLessThan(1e-15);
    const curved = hvp(f(added), [q], [normal(6, [3, 2])])[0];
    expect(gap(curved, hvp(f(withDeadRow), [q], [normal(6, [3, 2])])[0])).toBeLessThan(1e-15);
    const toMask = grad((mask: Tensor) => f(mask)(q))(added);
    expect(finite(toMask)).toBe(true);
    expect(toMask.data()[1]).toBeCloseTo(0);
  });

  test('a query without keys gets 0, and gives gradients of 0', () => {
    const f = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
      scaledDotProductAttention(a, b, c, { mask: withDeadRow });
    const y = f(q, k, v);
    expect(Array.from(y.data().slice(3, 6))).toEqual([0, 0, 0]);
    expect(finite(y)).toBe(true);
    const slopes = grad((a: Tensor) =>
      f(a, k, v)
        .mul(normal(7, [3, 3]))
        .sum(),
    )(q).data();
    expect([slopes[2]!, slopes[3]!].map(Math.abs)).toEqual([0, 0]);
    expect(Math.abs(slopes[0]!)).toBeGreaterThan(0);
    const weights = attentionWeights(q, k, { mask: withDeadRow }).sum({ axis: -1 }).data();
    expect(Array.from(weights)).toEqual([expect.closeTo(1, 14), 0, expect.closeTo(1, 14)]);
  });

  test('a causal query sees keys up to its own position, whatever the number of keys', () => {
    const zero = attentionWeights(q, k, { isCausal: true }).toArray() as number[][];
    expect(zero.map((row) => row.map((w) => w > 0))).toEqual([
      [true, false, false, false],
      [true, true, false, false],
      [true, true, true, false],
    ]);
    const both = attentionWeights(q, k, { isCausal: true, mask: some }).toArray() as number[][];
    expect(both.map((row) => row.map((w) => w > 0))).toEqual([
      [true, false, false, false],
      [false, false, false, false],
      [true, true, true, false],
    ]);
    const few = attentionWeights(k, q, { isCausal: true }).toArray() as number[][];
    expect(few[3]!.every((w) => w > 0)).toBe(true);
  });

  test('per head and per query masks broadcast', () => {
    const heads = normal(8, [2, 3, 2]);
    const mask = keep([[1, 1, 0, 0]]).reshape([1, 1, 4]);
    expect(scaledDotProductAttention(heads, k, v, { mask }).shape).toEqual([2, 3, 3]);
  });
});

test.each(['float32', 'float64'] as const)('scores of 1e4 are no problem in %s', (dtype) => {
  const [a, b] = [tensor([[100]], { dtype }), tensor([[100], [-100]], { dtype })];
  const f = (x: Tensor): Tensor =>
    scaledDotProductAttention(x, b, tensor([[1], [2]], { dtype }), { scale: 1 }).sum();
  expect(f(a).item()).toBe(1);
  expect(finite(grad(f)(a))).toBe(true);
});

describe('dropout', () => {
  test('is inverted, acts in training only, and needs a key', () => {
    const options = { dropout: 0.5, rng: random.key(0) };
    const plain = scaledDotProductAttention(q, k, v);
    expect(gap(scaledDotProductAttention(q, k, v, options), plain)).toBe(0);
    const dropped = scaledDotProductAttention(q, k, v, { ...options, training: true });
    expect(gap(dropped, plain)).toBeGreaterThan(0.01);
    expect(() => scaledDotProductAttention(q, k, v, { dropout: 0.5, training: true })).toThrow(
      /training needs a random key/,
    );
    const all = { dropout: 1, training: true, rng: random.key(0) };
    expect(gap(scaledDotProductAttention(q, k, v, all), zeros([3, 3]))).toBe(0);
  });
});

test('no keys give 0, no queries nothing', () => {
  const float64 = { dtype: 'float64' } as const;
  const none = scaledDotProductAttention(q, zeros([0, 2], float64), zeros([0, 3], float64));
  expect(gap(none, zeros([3, 3]))).toBe(0);
  const mask = zeros([3, 0], { dtype: 'bool' });
  expect(attentionWeights(q, zeros([0, 2], float64), { mask }).shape).toEqual([3, 0]);
  expect(scaledDotProductAttention(zeros([0, 2], float64), k, v).shape).toEqual([0, 3]);
});

test('parameters are accepted as they are', () => {
  const scale = parameter(tensor(1, { dtype: 'float64' }));
  scaledDotProductAttention(parameter(q), k, v, { scale }).sum().backward();
  expect(scale.grad!.shape).toEqual([]);
});

test('what does not fit says so', () => {
  expect(() => scaledDotProductAttention(q, v, v)).toThrow(
    new ShapeError(
      'scaledDotProductAttention: q [3, 2] and k [4, 3] do not fit.\n' +
        '  They are [...b, l, e] and [...b, s, e], with the same e.',
    ),
  );
  expect(() => scaledDotProductAttention(q, k, q)).toThrow(
    new ShapeError(
      'scaledDotProductAttention: k [4, 2] and v [3, 2] do not fit.\n' +
        '  They are [...b, s, e] and [...b, s, ev], with the same s.',
    ),
  );
  expect(() => attentionWeights(q, k, { mask: keep([[1, 1, 1]]) })).toThrow(
    new ShapeError(
      'attentionWeights: the mask [1, 3] does not broadcast to the scores [3, 4].\n' +
        '  Its last axes are [l, s]: queries, keys.',
    ),
  );
  expect(() => attentionWeights(q, k, { mask: zeros([3, 4], { dtype: 'int32' }) })).toThrow(
    new DTypeError(
      'attentionWeights: the mask must be bool (true keeps) or float64 (added), got int32.\n' +
        "  Compare, as in greater(mask, 0), or cast with astype('float64').",
    ),
  );
  expect(() => attentionWeights(q, k, { scale: Infinity })).toThrow(
    new RangeError('attentionWeights: scale must be finite, got Infinity.'),
  );
  expect(() => attentionWeights(q, k, { scale: double([1, 2]) })).toThrow(ShapeError);
  expect(() => attentionWeights(equal(q, 0), equal(k, 0))).toThrow(DTypeError);
  expect(() => scaledDotProductAttention(q, k, v, { attnMask: some } as object)).toThrow(
    'scaledDotProductAttention: unknown option "attnMask".',
  );
});
