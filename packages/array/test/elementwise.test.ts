import { describe, expect, test } from '@jest/globals';
import {
  binaryKernel,
  mapKernel,
  maxKernel,
  normKernel,
  selectKernel,
  sumKernel,
  type View,
  zipKernel,
} from '@tikhonov/array';
import * as oracle from '@tikhonov/array/ndarray-ops';
import { elements, randomShape, randomView, source } from './support.ts';

const unaries: readonly (readonly [string, (x: View) => View, (x: View) => View])[] = [
  ['exp', mapKernel(Math.exp), oracle.exp],
  ['log', mapKernel(Math.log), oracle.log],
  ['sqrt', mapKernel(Math.sqrt), oracle.sqrt],
  ['abs', mapKernel(Math.abs), oracle.abs],
  ['floor', mapKernel(Math.floor), oracle.floor],
  ['neg', mapKernel((x) => -x), oracle.neg],
];

const plus = binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
  for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! + y[oy + i * sy]!;
});
const binaries: readonly (readonly [
  string,
  (x: View, y: View) => View,
  (x: View, y: View) => View,
])[] = [
  ['add', plus, oracle.add],
  ['sub', zipKernel((x, y) => x - y), oracle.sub],
  ['mul', zipKernel((x, y) => x * y), oracle.mul],
  ['div', zipKernel((x, y) => x / y), oracle.div],
  ['maximum', zipKernel(Math.max), oracle.maximum],
  ['minimum', zipKernel(Math.min), oracle.minimum],
];

describe.each(['float64', 'float32'] as const)('on 200 random strided %s views', (dtype) => {
  test.each(unaries)('%s is that of ndarray-ops', (_name, ours, theirs) => {
    const next = source(1);
    for (let i = 0; i < 200; i++) {
      const x = randomView(next, randomShape(next), { dtype, positive: true });
      const got = ours(x);
      expect(elements(got)).toEqual(elements(theirs(x)));
      expect([got.dtype, got.shape]).toEqual([dtype, x.shape]);
    }
  });

  test.each(binaries)('%s is that of ndarray-ops', (_name, ours, theirs) => {
    const next = source(2);
    for (let i = 0; i < 200; i++) {
      const shape = randomShape(next);
      const [x, y] = [randomView(next, shape, { dtype }), randomView(next, shape, { dtype })];
      expect(elements(ours(x, y))).toEqual(elements(theirs(x, y)));
    }
  });

  test('sum, max and norm of everything are those of ndarray-ops', () => {
    const next = source(3);
    for (let i = 0; i < 200; i++) {
      const x = randomView(next, randomShape(next), { dtype });
      const axes = x.shape.map((_, k) => k);
      // At most 256 terms below 3 each: 256 roundings of a partial sum below 768.
      const bound = dtype === 'float64' ? 1e-11 : 1e-4;
      expect(Math.abs(elements(sumKernel(x, axes))[0]! - oracle.sum(x))).toBeLessThan(bound);
      expect(Math.abs(elements(normKernel(x, axes))[0]! - oracle.norm(x))).toBeLessThan(bound);
      expect(elements(maxKernel(x, axes))[0]!).toBe(oracle.max(x));
    }
  });
});

describe('kernels', () => {
  test('selectKernel takes elements by the condition', () => {
    const next = source(4);
    for (let i = 0; i < 100; i++) {
      const shape = randomShape(next);
      const c = randomView(next, shape, { dtype: 'bool' });
      const [x, y] = [randomView(next, shape), randomView(next, shape)];
      const [cs, xs, ys] = [elements(c), elements(x), elements(y)];
      expect(elements(selectKernel(c, x, y))).toEqual(cs.map((flag, k) => (flag ? xs[k] : ys[k])));
    }
  });

  test('the oracle refuses what ndarray-ops would get wrong', () => {
    const next = source(5);
    const [x, y] = [randomView(next, [2, 3]), randomView(next, [3])];
    expect(() => oracle.add(x, y)).toThrow(
      'needs equal shapes and dtypes, got float64 [2, 3] and float64 [3]',
    );
    expect(() => oracle.exp(randomView(next, [2], { dtype: 'bool' }))).toThrow(
      'bool views have no arithmetic',
    );
  });
});
