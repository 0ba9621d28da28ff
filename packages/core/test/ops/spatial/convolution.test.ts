import { describe, expect, test } from '@jest/globals';
import {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  fold,
  mul,
  ones,
  permute,
  slice,
  sum,
  type Tensor,
  type TensorLike,
  tensor,
  unfold,
  vjp,
  zeros,
} from '@tikhonov/core';
import fc from 'fast-check';
import { distance, noise, numbers } from '../../support.ts';
import { naiveConv, naiveConvTranspose, type Plain, plain, type Steps } from './oracle.ts';

// Up to 54 products of numbers in [-1, 1], rounded once per sum: far below 1e-13.
const tight = 1e-13;

const back = ({ shape, data }: Plain): Tensor => tensor(data, { shape });
const dot = (x: Tensor, y: Tensor): number => sum(mul(x, y)).item();

interface Problem {
  readonly axes: number;
  readonly batch: number;
  readonly groups: number;
  /** Channels per group, of the plain side and of the other. */
  readonly into: number;
  readonly out: number;
  readonly size: readonly number[];
  readonly count: readonly number[];
  readonly spare: readonly number[];
  readonly steps: Steps;
  readonly seed: number;
}

const problems = (maxAxes: number): fc.Arbitrary<Problem> =>
  fc.integer({ min: 1, max: maxAxes }).chain((axes) => {
    const each = (min: number, max: number): fc.Arbitrary<number[]> =>
      fc.array(fc.integer({ min, max }), { minLength: axes, maxLength: axes });
    const pair = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }));
    return fc.record({
      axes: fc.constant(axes),
      batch: fc.integer({ min: 0, max: 3 }),
      groups: fc.integer({ min: 1, max: 3 }),
      into: fc.integer({ min: 1, max: 2 }),
      out: fc.integer({ min: 1, max: 2 }),
      size: each(1, 3),
      count: each(1, axes === 3 ? 2 : 4),
      spare: each(0, 1),
      steps: fc.record({
        stride: each(1, 3),
        padding: fc.array(pair, { minLength: axes, maxLength: axes }),
        dilation: each(1, 2),
      }),
      seed: fc.integer({ min: 1, max: 1000 }),
    });
  });

/** An input size for which the windows fit; undefined if padding alone would do. */
function extentOf({ size, count, spare, steps }: Problem): number[] | undefined {
  const extent = count.map(
    (n, a) =>
      (n - 1) * steps.stride[a]! +
      (size[a]! - 1) * steps.dilation[a]! +
      1 +
      Math.min(spare[a]!, steps.stride[a]! - 1) -
      steps.padding[a]![0] -
      steps.padding[a]![1],
  );
  return extent.every((n) => n >= 1) ? extent : undefined;
}

const forward: readonly ((x: TensorLike, w: TensorLike, options: object) => Tensor)[] = [
  conv1d,
  conv2d,
  conv3d,
];
const adjoint: readonly ((x: TensorLike, w: TensorLike, options: object) => Tensor)[] = [
  convTranspose1d,
  convTranspose2d,
];

/** Runs a property on as many problems as have an input. */
function forAll(maxAxes: number, body: (problem: Problem, extent: number[]) => void): void {
  let tried = 0;
  fc.assert(
    fc.property(problems(maxAxes), (problem) => {
      const extent = extentOf(problem);
      fc.pre(extent !== undefined);
      tried++;
      body(problem, extent);
    }),
    { seed: 7, numRuns: 120 },
  );
  expect(tried).toBeGreaterThanOrEqual(100);
}

describe('convolution', () => {
  test('is what its definition says, over stride, padding, dilation and groups', () => {
    forAll(3, ({ axes, batch, groups, into, out, size, steps, seed }, extent) => {
      const x = noise([batch, groups * into, ...extent], seed);
      const w = noise([groups * out, into, ...size], seed + 1);
      const bias = noise([groups * out], seed + 2);
      const got = forward[axes - 1]!(x, w, { ...steps, groups });
      expect(distance(got, back(naiveConv(plain(x), plain(w), steps, groups)))).toBeLessThan(tight);
      const shifted = forward[axes - 1]!(x, w, { ...steps, groups, bias });
      const column = bias.reshape([bias.size, ...size.map(() => 1)]);
      expect(numbers(shifted)).toEqual(numbers(got.add(column)));
    });
  });

  test('gives the same whether samples share a matrix product or not', () => {
    // 144 positions per sample are multiplied sample by sample, 1 jointly.
    const x = noise([3, 2, 12, 12], 1);
    const w = noise([4, 2, 3, 3], 2);
    const steps = { padding: [1, 1], dilation: [1, 1] };
    const dense = conv2d(x, w, { ...steps, stride: 1 });
    const sparse = conv2d(x, w, { ...steps, stride: 12 });
    const corner = slice(dense, [null, null, { stop: 1 }, { stop: 1 }]);
    expect(sparse.shape).toEqual([3, 4, 1, 1]);
    expect(numbers(sparse)).toEqual(numbers(corner));
  });

  test('takes numbers, lists, pairs and names as options', () => {
    const x = noise([2, 2, 6, 5], 1);
    const w = noise([2, 2, 3, 2], 2);
    const same = (a: Tensor, b: Tensor): void => {
      expect(a.shape).toEqual(b.shape);
      expect(numbers(a)).toEqual(numbers(b));
    };
    same(conv2d(x, w, { padding: 1 }), conv2d(x, w, { padding: [1, 1] }));
    same(conv2d(x, w, { padding: [1, 2] }), conv2d(x, w, { padding: [[1, 1], [2, 2]] })); // biome-ignore format: pairs
    same(conv2d(x, w, { stride: 2 }), conv2d(x, w, { stride: [2, 2] }));
    same(conv2d(x, w, { padding: 'valid' }), conv2d(x, w));
    // A span of 2 has one zero to place: behind, as in PyTorch.
    same(conv2d(x, w, { padding: 'same' }), conv2d(x, w, { padding: [[1, 1], [0, 1]] })); // biome-ignore format: pairs
    expect(conv2d(x, w, { padding: 'same', dilation: [2, 3] }).shape).toEqual([2, 2, 6, 5]);
  });

  test('takes a single sample without a batch axis, views, and an empty batch', () => {
    const x = noise([2, 5, 4, 3], 1);
    const w = noise([2, 3, 2, 2], 2);
    const view = permute(x, [0, 3, 2, 1]);
    const whole = conv2d(view, w);
    const first = conv2d(slice(view, [{ stop: 1 }]).reshape([3, 4, 5]), w);
    expect(first.shape).toEqual([2, 3, 4]);
    expect(numbers(first)).toEqual(numbers(whole).slice(0, first.size));
    const [empty, pullback] = vjp(
      (x: Tensor, w: Tensor) => conv2d(x, w),
      [zeros([0, 3, 4, 5]), ones([2, 3, 2, 2])],
    );
    expect(empty.shape).toEqual([0, 2, 3, 4]);
    const [dx, dw] = pullback(empty);
    expect(dx.shape).toEqual([0, 3, 4, 5]);
    expect(numbers(dw)).toEqual(new Array(24).fill(0));
  });

  test('leaves NaN and infinities where their windows are', () => {
    const y = conv1d(tensor([[1, NaN, 2, 3, Infinity]]), tensor([[[1, 1]]]));
    expect(numbers(y)).toEqual([NaN, NaN, 5, Infinity]);
  });

  test('accumulates float32 in float64', () => {
    const big = tensor([[16777216, 1, 1, -16777216]]);
    expect(numbers(conv1d(big, ones([1, 1, 4])))).toEqual([2]);
  });
});

describe('transposed convolution', () => {
  test('is what its definition says', () => {
    forAll(2, (problem, extent) => {
      const { axes, batch, groups, into, out, size, count, steps, seed } = problem;
      const y = noise([batch, groups * out, ...count], seed);
      const w = noise([groups * out, into, ...size], seed + 1);
      const outputPadding = extra(problem);
      const got = adjoint[axes - 1]!(y, w, { ...steps, groups, outputPadding });
      const want = naiveConvTranspose(plain(y), plain(w), steps, groups, outputPadding);
      expect(got.shape.slice(2)).toEqual(extent);
      expect(distance(got, back(want))).toBeLessThan(tight);
    });
  });

  test('is the adjoint of the convolution: <conv(x), y> = <x, convTranspose(y)>', () => {
    forAll(2, (problem, extent) => {
      const { axes, batch, groups, into, out, size, count, steps, seed } = problem;
      const x = noise([batch, groups * into, ...extent], seed);
      const w = noise([groups * out, into, ...size], seed + 1);
      const y = noise([batch, groups * out, ...count], seed + 2);
      const left = dot(forward[axes - 1]!(x, w, { ...steps, groups }), y);
      const outputPadding = extra(problem);
      const right = dot(x, adjoint[axes - 1]!(y, w, { ...steps, groups, outputPadding }));
      expect(Math.abs(left - right)).toBeLessThan(1e-11);
    });
  });

  test('fills what stride left over, up to the dilation if that is larger', () => {
    const y = ones([1, 1, 2]);
    const w = ones([1, 1, 2]);
    expect(convTranspose1d(y, w, { dilation: 3, outputPadding: 2 }).toArray()).toEqual([
      [[1, 1, 0, 1, 1, 0, 0]],
    ]);
  });

  test('takes a single sample, a bias and an empty batch', () => {
    const y = convTranspose2d(ones([2, 3, 3]), ones([2, 1, 2, 2]), { bias: tensor([0.5]) });
    expect(y.toArray()).toEqual([
      [
        [2.5, 4.5, 4.5, 2.5],
        [4.5, 8.5, 8.5, 4.5],
        [4.5, 8.5, 8.5, 4.5],
        [2.5, 4.5, 4.5, 2.5],
      ],
    ]);
    expect(convTranspose1d(zeros([0, 2, 4]), ones([2, 3, 2])).shape).toEqual([0, 3, 5]);
  });
});

/** The output padding that leads back to the input's size. */
const extra = ({ spare, steps }: Problem): number[] =>
  spare.map((n, a) => Math.min(n, steps.stride[a]! - 1));

describe('unfold and fold', () => {
  test('a convolution is a matrix product with the columns', () => {
    const x = noise([2, 3, 6, 5], 1);
    const w = noise([4, 3, 3, 2], 2);
    const options = { stride: [2, 1], padding: [1, 0], dilation: [1, 2] };
    const columns = unfold(x, { ...options, kernelSize: [3, 2] });
    const y = conv2d(x, w, options);
    expect(columns.shape).toEqual([2, 18, y.shape[2]! * y.shape[3]!]);
    expect(distance(w.reshape([4, 18]).matmul(columns).reshape(y.shape), y)).toBeLessThan(tight);
  });

  test('are adjoint, also without a batch axis', () => {
    const options = { kernelSize: 2, stride: [1, 2], padding: [[0, 1], [1, 0]] } as const; // biome-ignore format: pairs
    const x = noise([3, 4, 5], 1);
    const columns = unfold(x, options);
    const y = noise(columns.shape, 2);
    const image = fold(y, { ...options, outputSize: [4, 5] });
    expect(image.shape).toEqual([3, 4, 5]);
    expect(Math.abs(dot(columns, y) - dot(x, image))).toBeLessThan(1e-12);
    expect(fold(ones([0, 4, 2]), { outputSize: [2, 3], kernelSize: 2 }).shape).toEqual([
      0, 1, 2, 3,
    ]);
  });
});
