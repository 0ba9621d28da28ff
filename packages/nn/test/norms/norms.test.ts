import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { DTypeError, grad, hvp, ShapeError, type Tensor, tensor, zeros } from '@tikhonov/core';
import {
  batchNorm,
  GroupNorm,
  groupNorm,
  instanceNorm,
  LayerNorm,
  layerNorm,
  RMSNorm,
  rmsNorm,
} from '../../src/index.ts';
import { double, finite, gap, normal } from '../numbers.ts';

const x = normal(0, [2, 4, 3]);
type Norm = (x: Tensor, weight: Tensor, bias: Tensor) => Tensor;
const norms: readonly (readonly [string, Norm, readonly number[]])[] = [
  ['layerNorm', (a, weight, bias) => layerNorm(a, { normalizedShape: 3, weight, bias }), [3]],
  [
    'layerNorm over two axes',
    (a, weight, bias) => layerNorm(a, { normalizedShape: [4, 3], weight, bias, eps: 0.1 }),
    [4, 3],
  ],
  ['rmsNorm', (a, weight, bias) => rmsNorm(a, { normalizedShape: [3], weight }).add(bias), [3]],
  ['batchNorm', (a, weight, bias) => batchNorm(a, { weight, bias, training: true }), [4]],
  ['groupNorm', (a, weight, bias) => groupNorm(a, { numGroups: 2, weight, bias }), [4]],
  [
    'groupNorm of single channels',
    (a, weight, bias) => groupNorm(a, { numGroups: 4, weight, bias }),
    [4],
  ],
  ['instanceNorm', (a, weight, bias) => instanceNorm(a, { weight, bias }), [4]],
];

test.each(norms)('%s: derivatives to order 2 in x, weight and bias', (_name, f, shape) => {
  const [weight, bias] = [normal(1, shape), normal(2, shape)];
  // A weighted sum of the outputs: the plain one does not depend on x.
  const g = normal(3, [2, 4, 3]);
  const total = (...[a, w, b]: readonly Tensor[]): Tensor => f(a!, w!, b!).mul(g).sum();
  expect(assertGrads(total, [x, weight, bias]).checked).toBeGreaterThan(0);
});

test.each([
  ['layerNorm', (a: Tensor) => layerNorm(a, { normalizedShape: 3, eps: 0 }), [2]],
  ['batchNorm', (a: Tensor) => batchNorm(a, { training: true, eps: 0 }), [0, 2]],
  ['groupNorm', (a: Tensor) => groupNorm(a, { numGroups: 4, eps: 0 }), [2]],
  ['instanceNorm', (a: Tensor) => instanceNorm(a, { eps: 0 }), [2]],
] as const)('%s: outputs have mean 0 and biased variance 1', (_name, f, axis) => {
  const y = f(x);
  const count = axis.reduce<number>((n, k) => n * x.shape[k]!, 1);
  expect(gap(y.mean({ axis }), y.mean({ axis }).mul(0))).toBeLessThan(1e-15);
  const power = y.mul(y).sum({ axis }).div(count);
  expect(gap(power, power.mul(0).add(1))).toBeLessThan(1e-14);
});

test.each([
  ['layerNorm', (a: Tensor) => layerNorm(a, { normalizedShape: 3, eps: 0 })],
  ['batchNorm', (a: Tensor) => batchNorm(a, { training: true, eps: 0 })],
  ['groupNorm', (a: Tensor) => groupNorm(a, { numGroups: 2, eps: 0 })],
])('%s: a large mean costs no more digits than it must', (_name, f) => {
  // Of x + 1e6 in float64, 1e6 2^-52 = 2e-10 is lost before the function sees it, and its mean rounds once.
  expect(gap(f(x.add(1e6)), f(x))).toBeLessThan(5e-9);
});

test.each([
  ['layerNorm', (a: Tensor) => layerNorm(a, { normalizedShape: 3, eps: 0 })],
  ['rmsNorm', (a: Tensor) => rmsNorm(a, { normalizedShape: 3, eps: 0 })],
  ['batchNorm', (a: Tensor) => batchNorm(a, { training: true, eps: 0 })],
])('%s: zeros give 0 and finite derivatives also with eps 0', (_name, f) => {
  const zero = zeros([2, 4, 3], { dtype: 'float64' });
  const total = (a: Tensor): Tensor => f(a).mul(x).sum();
  expect(gap(f(zero), zero)).toBe(0);
  expect(finite(grad(total)(zero))).toBe(true);
  expect(finite(hvp(total, [zero], [x])[0])).toBe(true);
});

test('a mean with eps only shrinks: the outputs are the exact ones times a factor', () => {
  const row = double([1, 3]);
  const y = layerNorm(row, { normalizedShape: 2, eps: 3 });
  expect(y.toArray()).toEqual([-0.5, 0.5]);
});

test("rmsNorm's default eps is the dtype's, as PyTorch's", () => {
  for (const [dtype, eps] of [
    ['float32', 2 ** -23],
    ['float64', 2 ** -52],
  ] as const) {
    const tiny = tensor([1e-9, 1e-9], { dtype });
    const got = rmsNorm(tiny, { normalizedShape: 2 }).data()[0]!;
    expect(got / (1e-9 / Math.sqrt(1e-18 + eps))).toBeCloseTo(1, 5);
  }
});

describe('layers', () => {
  test('start as the plain function, and have the names and shapes of PyTorch', () => {
    const layers = [
      [new LayerNorm([4, 3], { dtype: 'float64' }), layerNorm(x, { normalizedShape: [4, 3] })],
      [new RMSNorm(3, { dtype: 'float64' }), rmsNorm(x, { normalizedShape: 3 })],
      [new GroupNorm(2, 4, { dtype: 'float64' }), groupNorm(x, { numGroups: 2 })],
    ] as const;
    for (const [layer, want] of layers) expect(gap(layer.forward(x), want)).toBe(0);
    const shapes = layers.map(([layer]) =>
      Object.entries(layer.stateDict()).map(([name, value]) => [name, value.shape]),
    );
    expect(shapes).toEqual([
      [
        ['weight', [4, 3]],
        ['bias', [4, 3]],
      ],
      [['weight', [3]]],
      [
        ['weight', [4]],
        ['bias', [4]],
      ],
    ]);
  });

  test('weight and bias are used', () => {
    for (const layer of [new LayerNorm(3), new GroupNorm(2, 4)]) {
      const plain = layer.forward(x.astype('float32'));
      const { weight, bias } = layer;
      weight!.write(weight!.read().mul(2));
      bias!.write(bias!.read().add(1));
      expect(gap(layer.forward(x.astype('float32')), plain.mul(2).add(1))).toBeLessThan(1e-6);
    }
  });

  test('parameters can be left out', () => {
    expect(new LayerNorm(3, { elementwiseAffine: false }).parameters()).toEqual([]);
    expect(Object.keys(new LayerNorm(3, { bias: false }).stateDict())).toEqual(['weight']);
    expect(new RMSNorm(3, { elementwiseAffine: false }).parameters()).toEqual([]);
    expect(new GroupNorm(2, 4, { affine: false }).parameters()).toEqual([]);
  });
});

test('what does not fit says so', () => {
  expect(() => layerNorm(x, { normalizedShape: 4 })).toThrow(
    new ShapeError('layerNorm: x [2, 4, 3] does not end in the normalizedShape [4].'),
  );
  expect(() => layerNorm(x, { normalizedShape: [] })).toThrow(
    new TypeError('layerNorm: normalizedShape must be a size or a list of sizes, got [].'),
  );
  expect(() => layerNorm(x, {} as never)).toThrow(TypeError);
  expect(() => new LayerNorm(2.5)).toThrow(
    new RangeError('LayerNorm: normalizedShape[0] must be an integer >= 1, got 2.5.'),
  );
  expect(() => layerNorm(x, { normalizedShape: 3, weight: double([1]) })).toThrow(
    new ShapeError('layerNorm: weight must have shape [3], got [1].'),
  );
  expect(() => layerNorm(x, { normalizedShape: 3, eps: -1 })).toThrow(
    new RangeError('layerNorm: eps must be finite and >= 0, got -1.'),
  );
  expect(() => rmsNorm(tensor([1, 2], { dtype: 'int32' }), { normalizedShape: 2 })).toThrow(
    new DTypeError("rmsNorm: x must be floating, got int32.\n  Cast with astype('float32')."),
  );
  expect(() => groupNorm(x, { numGroups: 3 })).toThrow(
    new RangeError('groupNorm: numGroups must divide the channels, got 3 groups for 4 channels.'),
  );
  expect(() => groupNorm(double([1]), { numGroups: 1 })).toThrow(
    new ShapeError('groupNorm: x must be [n, c, ...], got [1].\n  Channels are axis 1.'),
  );
  expect(() => new GroupNorm(2, 4).forward(zeros([2, 3]))).toThrow(
    new ShapeError('GroupNorm(2, 4): x must be [n, 4, ...], got [2, 3].'),
  );
  expect(() => instanceNorm(zeros([2, 3, 1]))).toThrow(
    new RangeError(
      'instanceNorm: needs more than one value per channel of a sample, got x [2, 3, 1].\n  Normalise before space is pooled away, or use layerNorm.',
    ),
  );
  expect(() => instanceNorm(zeros([2, 3]))).toThrow(
    new ShapeError('instanceNorm: x must be [n, c, ...], got [2, 3].'),
  );
  expect(() => new LayerNorm(3, { epsilon: 1 } as object)).toThrow(
    'LayerNorm: unknown option "epsilon".',
  );
});

test('no samples are no error', () => {
  expect(layerNorm(zeros([0, 3]), { normalizedShape: 3 }).shape).toEqual([0, 3]);
  expect(groupNorm(zeros([0, 4, 2]), { numGroups: 2 }).shape).toEqual([0, 4, 2]);
});
