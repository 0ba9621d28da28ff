import { describe, expect, test } from '@jest/globals';
import {
  argmax,
  Cell,
  checkpoint,
  concat,
  customGradient,
  expandDims,
  eye,
  flatten,
  flip,
  grad,
  jacobian,
  linalg,
  max,
  min,
  mul,
  noGrad,
  oneHot,
  ones,
  onesLike,
  parameter,
  random,
  slice,
  softmax,
  sort,
  squeeze,
  sum,
  type Tensor,
  tensor,
  transpose,
  tril,
  valueAndGrad,
  vjp,
  withValues,
  zeros,
  zerosLike,
} from '../src/index.ts';
import { thrown } from './support.ts';

/** What JavaScript lets through. */
const js = <T>(value: unknown): T => value as T;
const called = (f: (...args: never[]) => unknown, ...args: unknown[]): unknown =>
  Reflect.apply(f, null, args);
const x = ones([2, 3, 4]);
const y = ones([3]);
const int = tensor([1, 2, 3], { dtype: 'int32' });

describe('calls that JavaScript lets through', () => {
  test.each<readonly [string, new (text: string) => Error, () => unknown]>([
    ['grad: unknown option "argnums".', TypeError, () => called(grad, sum, { argnums: 1 })],
    ['grad: options must be an object, got 1.', TypeError, () => called(grad, sum, 1)],
    [
      "grad: unreached must be 'zeros' or 'error', got 'zero'.",
      RangeError,
      () => called(grad, sum, { unreached: 'zero' }),
    ],
    [
      "valueAndGrad: createGraph must be true or false, got 'no'.",
      TypeError,
      () => called(valueAndGrad, sum, { createGraph: 'no' }),
    ],
    ['valueAndGrad: needs a function, got number.', TypeError, () => called(valueAndGrad, 3)],
    [
      'valueAndGrad: the function must return a scalar',
      Error,
      () => valueAndGrad((z: Tensor) => z)(y),
    ],
    ['transpose: takes no axes', TypeError, () => x.transpose(js(0), js(1))],
    ['Use swapaxes(x, a, b) or permute(x, axes).', TypeError, () => transpose(x, js([1, 0]))],
    ['flatten: options must be an object, got 1.', TypeError, () => x.flatten(js(1))],
    [
      'flatten: startAxis 2 lies behind endAxis 0',
      Error,
      () => x.flatten({ startAxis: 2, endAxis: 0 }),
    ],
    ['zeros: unknown option "dtpye"', TypeError, () => zeros([1], js({ dtpye: 'int32' }))],
    ['eye: unknown option "dtpye"', TypeError, () => eye(2, js({ dtpye: 'int32' }))],
    ['onesLike: unknown option "dtpye"', TypeError, () => onesLike(y, js({ dtpye: 'int32' }))],
    ['tensor: unknown option "dtpye"', TypeError, () => tensor([1], js({ dtpye: 'int32' }))],
    ['oneHot: unknown option "dtpye"', TypeError, () => oneHot(int, 4, js({ dtpye: 'int32' }))],
    [
      "zeros: options must be an object, got 'int32'. Did you mean { dtype: 'int32' }?",
      TypeError,
      () => zeros([1], js('int32')),
    ],
    [
      'slice: unknown option "end".\n  It takes start, stop, step.',
      TypeError,
      () => slice(y, [js({ end: 2 })]),
    ],
    ['sum: keepdims must be true or false, got 1.', TypeError, () => sum(y, js({ keepdims: 1 }))],
    ['argmax: keepdims must be true or false', TypeError, () => argmax(y, js({ keepdims: 'no' }))],
    ['sort: descending must be true or false', TypeError, () => sort(y, js({ descending: 1 }))],
    ['softmax: options must be an object, got null.', TypeError, () => softmax(y, js(null))],
    [
      'softmax: options must be an object, got 1. Did you mean { axis: 1 }?',
      TypeError,
      () => softmax(y, js(1)),
    ],
    [
      'tril: options must be an object, got 1. Did you mean { k: 1 }?',
      TypeError,
      () => tril(x, js(1)),
    ],
    [
      'max: reduces one tensor, got two. Did you mean maximum(x, y)?',
      TypeError,
      () => max(y, js(y)),
    ],
    [
      'min: reduces one tensor, got two. Did you mean minimum(x, y)?',
      TypeError,
      () => min(y, js(parameter(y))),
    ],
    ['sum: options must be an object, got a tensor or cell.', TypeError, () => sum(y, js(y))],
    ['min: options must be an object, got 2.', TypeError, () => min(1, js(2))],
    [
      'concat: needs an array of tensors, as in concat([x, y]).',
      TypeError,
      () => concat(js(y), js(y)),
    ],
    [
      "mul: dtypes differ: float32 and int32 (shapes [3], [3]).\n  Cast one of them, for example y.astype('float32').",
      Error,
      () => mul(y, int),
    ],
    ["x.astype('float32')", Error, () => mul(int, y)],
    [
      'random.permutation: n must be an integer >= 0, got a tensor or cell.\n  To shuffle a tensor',
      RangeError,
      () => random.permutation(random.key(0), js(y)),
    ],
    ['random.normal: needs a random key, got number.', TypeError, () => random.normal(js(0), [2])],
    [
      'random.normal: needs a random key, got an array.',
      TypeError,
      () => random.normal(js([2]), js(undefined)),
    ],
    ['vectorNorm: ord must be > 0, got 0.', RangeError, () => linalg.vectorNorm(y, { ord: 0 })],
    ['noGrad: needs a function, got undefined.', TypeError, () => noGrad(js(undefined))],
    ['checkpoint: needs a function, got number.', TypeError, () => called(checkpoint, 3)],
    ['customGradient: needs a function, got number.', TypeError, () => called(customGradient, 3)],
    [
      'customGradient: the pullback must return an array, one cotangent per argument, got a tensor or cell.\n  Return [g], not g.',
      TypeError,
      () =>
        grad(
          customGradient((z: Tensor) => ({
            value: z.sum(),
            pullback: (g) => js<readonly [Tensor]>(g),
          })),
        )(y),
    ],
  ])('%s', (text, kind, call) => {
    expect(thrown(call).message).toContain(text);
    expect(thrown(call)).toBeInstanceOf(kind);
  });

  test('a leaf that has no derivative is named by its path', () => {
    const tree = { bn: { count: tensor(0, { dtype: 'int32' }), w: y } };
    const text =
      'cannot differentiate with respect to int32 values, found "bn.count" with shape []';
    expect(thrown(() => grad(() => tensor(1))(tree)).message).toContain(`grad: ${text}`);
    expect(thrown(() => jacobian((t: typeof tree) => t.bn.w)(tree)).message).toContain(text);
    expect(thrown(() => vjp((t: typeof tree) => t.bn.w, [tree])).message).toContain('"0.bn.count"');
  });
});

describe('either spelling of an axis', () => {
  test('in flip, squeeze and expandDims', () => {
    const row = tensor([[1, 2]]);
    expect(flip(row, { axis: 1 }).toArray()).toEqual(flip(row, 1).toArray());
    expect(squeeze(row, { axis: 0 }).shape).toEqual([2]);
    expect(row.squeeze({ axis: [0] }).shape).toEqual([2]);
    expect(expandDims(row, { axis: -1 }).shape).toEqual([1, 2, 1]);
    expect(thrown(() => flip(row, js({ dim: 1 }))).message).toContain('flip: unknown option "dim"');
    expect(thrown(() => expandDims(row, js({}))).message).toContain(
      'axis must be an integer, got undefined',
    );
  });

  test('flatten merges some axes', () => {
    expect(flatten(x, { startAxis: 1 }).shape).toEqual([2, 12]);
    expect(x.flatten({ endAxis: 1 }).shape).toEqual([6, 4]);
    expect(flatten(tensor(3)).shape).toEqual([1]);
    expect(flatten(zeros([2, 0, 3])).shape).toEqual([0]);
  });
});

describe('a cell has the methods of a tensor', () => {
  test('on its present value, and they are differentiated', () => {
    const w = parameter(tensor([[1, 2]]));
    expect(w.matmul(tensor([[3], [4]])).item()).toBe(11);
    expect(w.mul(2).toArray<number[][]>()).toEqual([[2, 4]]);
    expect([w.rank, w.size]).toEqual([2, 2]);
    expect(Array.from(w.data())).toEqual([1, 2]);
    expect(w.sum().item()).toBe(3);
    expect(grad(() => w.mul(w).sum())({ w }).w.toArray()).toEqual([[2, 4]]);
    expect(w.detach().requiresGrad).toBe(false);
    const count = new Cell(tensor(1));
    count.write(count.add(1));
    expect(count.item()).toBe(2);
  });
});

describe('values', () => {
  test('the like-functions take a dtype', () => {
    expect(zerosLike(int, { dtype: 'float64' }).dtype).toBe('float64');
    expect(onesLike(int).dtype).toBe('int32');
  });

  test('the sum of bool counts, as int32', () => {
    const flags = tensor([
      [true, false],
      [true, true],
    ]);
    expect(sum(flags).item()).toBe(3);
    expect(flags.sum({ axis: 0 }).toArray()).toEqual([2, 1]);
    expect(sum(flags).dtype).toBe('int32');
  });

  test('withValues takes cells, which stand for their present values', () => {
    const w = parameter(tensor([1, 2]));
    expect(withValues({ w }, { w }, () => sum(w)).item()).toBe(3);
    const slopes = grad((p: { w: typeof w }) => withValues({ w }, p, () => sum(w.mul(w))))({ w });
    expect(slopes.w.toArray()).toEqual([2, 4]);
  });
});
