import { describe, expect, test } from '@jest/globals';
import {
  add,
  argmax,
  type Cell,
  concat,
  cumsum,
  expm1,
  full,
  grad,
  jvp,
  linalg,
  logsumexp,
  mapTree,
  mul,
  norm,
  parameter,
  random,
  slice,
  square,
  std,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  valueAndGradWithAux,
  variance,
  vjp,
} from '@tikhonov/core';
import { double } from './support.ts';

describe('derivatives at the ends of the range', () => {
  test('the gradient of norm is a unit vector for subnormal vectors too', () => {
    // 1 / 1e-40 overflows in float32, so g / |x| would be Infinity, and times 0 NaN.
    const single = grad((x: Tensor) => norm(x))(tensor([1e-40, 0]));
    expect(single.toArray()).toEqual([1, 0]);
    expect(grad((x: Tensor) => norm(x))(double([0, -5e-324])).toArray()).toEqual([0, -1]);
  });

  test('the gradient of norm at 0 stays 0 under an infinite cotangent', () => {
    const [, pullback] = vjp((x: Tensor) => norm(x), [double([0, 0])]);
    expect(pullback(double(Infinity))[0].toArray()).toEqual([0, 0]);
  });

  test('logsumexp of only -Infinity is -Infinity with gradient 0 at first and second order', () => {
    const x = double([
      [-Infinity, -Infinity],
      [-Infinity, 3],
    ]);
    const f = (at: Tensor): Tensor => logsumexp(at, { axis: 1 });
    expect(f(x).toArray()).toEqual([-Infinity, 3]);
    const first = (at: Tensor): Tensor => grad((z: Tensor) => sum(f(z)))(at);
    expect(first(x).toArray()).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(add(grad((at: Tensor) => sum(square(first(at))))(x), 0).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('trees beside the primals', () => {
  const f = (p: { a: Tensor; b: Tensor }): Tensor => add(mul(p.a, 10), p.b);

  test('tangents are matched by key, not by the order of the keys', () => {
    const primals = { a: tensor(1), b: tensor(2) };
    const [, slope] = jvp(f, [primals], [{ b: tensor(1), a: tensor(0) }]);
    expect(slope.item()).toBe(1);
  });

  test('cotangents are matched by key, not by the order of the keys', () => {
    const [, pullback] = vjp((x: Tensor) => ({ a: mul(x, 10), b: x }), [tensor(1)]);
    expect(pullback({ b: tensor(1), a: tensor(0) })[0].item()).toBe(1);
  });

  test('mapTree matches further trees by key', () => {
    const [x, y] = [
      { a: tensor(1), b: tensor(2) },
      { b: tensor(2), a: tensor(1) },
    ];
    const difference = mapTree(x, (p, q) => add(p, mul(q!, -1)), y);
    expect([difference.a.item(), difference.b.item()]).toEqual([0, 0]);
  });

  test('mapTree refuses a tree of another structure and names what differs', () => {
    const x = { a: tensor(1), b: tensor(2) };
    expect(() => mapTree(x, (p) => add(p, 1), { a: tensor(1), c: tensor(2) })).toThrow(
      new TypeError(
        'mapTree: the trees differ: nothing at "b", unexpected "c".\n' +
          '  Give it the structure of the first.',
      ),
    );
    expect(() => mapTree(x, (p) => add(p, 1), { a: tensor(1) })).toThrow('nothing at "b"');
  });
});

describe('what is differentiated', () => {
  test('a cell may not appear twice, and is left as it was', () => {
    const w = parameter(tensor(3), { name: 'w' });
    const before = w.read();
    expect(() => grad((p: { a: Cell; b: Cell }) => mul(p.a, p.b))({ a: w, b: w })).toThrow(
      'twice: "a" and "b" are the same cell',
    );
    expect(w.read()).toBe(before);
  });

  test('one tensor in two places has two partial derivatives', () => {
    const x = tensor(3);
    const g = grad(([a, b]: readonly [Tensor, Tensor]) => mul(a, square(b)))([x, x]);
    expect([g[0].item(), g[1].item()]).toEqual([9, 18]);
  });

  test('an integer output has a tangent of 0', () => {
    const f = (x: Tensor): { y: Tensor; at: Tensor } => ({
      y: square(x),
      at: argmax(x, { axis: 0 }),
    });
    const [out, slopes] = jvp(f, [tensor([1, 3])], [tensor([1, 1])]);
    expect(out.at.item()).toBe(1);
    expect(slopes.y.toArray()).toEqual([2, 6]);
    expect([slopes.at.item(), slopes.at.dtype]).toEqual([0, 'int32']);
  });

  test('a hundred and fifty thousand leaves do not overflow the stack', () => {
    const one = tensor(1);
    const leaves = Array.from({ length: 150_000 }, () => one);
    const g = grad((xs: readonly Tensor[]) => mul(xs[0]!, 2))(leaves);
    expect([g.length, g[0]!.item(), g.at(-1)!.item()]).toEqual([150_000, 2, 0]);
  });
});

describe('with createGraph false', () => {
  test('value, aux and gradient have no history, not even of parameters left out', () => {
    const [w, bias] = [parameter(tensor(2)), parameter(tensor(1))];
    const f = (): readonly [Tensor, Tensor] => [add(square(w), bias), mul(bias, 2)];
    const run = valueAndGradWithAux((_: { w: Cell }) => f(), { createGraph: false });
    const [[value, aux], g] = run({ w });
    expect([value.item(), aux.item(), g.w.item()]).toEqual([5, 2, 4]);
    expect([value, aux, g.w].map((x) => x.requiresGrad)).toEqual([false, false, false]);
  });

  test('an outer grad sees value and gradient as constants, whatever was closed over', () => {
    const outer = (x: Tensor): Tensor => {
      const [value, slope] = valueAndGrad((y: Tensor) => mul(square(y), x), {
        createGraph: false,
      })(x);
      return add(value, mul(x, slope));
    };
    expect(grad(outer)(double(3)).item()).toBe(18);
  });
});

describe('backward', () => {
  test('refuses a cotangent that would broadcast, or has another dtype', () => {
    const y = mul(parameter(tensor([1, 2, 3])), 2);
    expect(() => y.backward(tensor(1))).toThrow('the cotangent has shape [], the tensor [3]');
    expect(() => y.backward(double([1, 1, 1]))).toThrow('the cotangent is float64');
  });
});

describe('concat', () => {
  test('sends each of several inputs its own part of the cotangent', () => {
    const parts = [tensor([1]), tensor([]), tensor([2, 3])];
    const [, pullback] = vjp((xs: readonly Tensor[]) => concat(xs), [parts]);
    const g = pullback(tensor([5, 6, 7]))[0];
    expect(g.map((x) => x.toArray())).toEqual([[5], [], [6, 7]]);
  });
});

describe('random draws', () => {
  test('uniform never reaches its upper bound by rounding', () => {
    // In [1000, 1001) float32 has 2^14 values; about one draw in 2^15 rounds up to 1001.
    const u = random.uniform(random.key(0), [400_000], { min: 1000, max: 1001 });
    expect(u.max().item()).toBe(1001 - 2 ** -14);
    const negative = random.uniform(random.key(0), [400_000], { min: -1001, max: -1000 });
    expect(negative.max().item()).toBe(-1000 - 2 ** -14);
    const toZero = random.uniform(random.key(0), [100], { min: -(2 ** -149), max: 0 });
    expect(toZero.max().item()).toBeLessThan(0);
  });

  test('randint refuses what int32 cannot hold', () => {
    expect(() => random.randint(random.key(0), [1], 0, 2 ** 32)).toThrow(RangeError);
    const full = random.randint(random.key(0), [1000], -(2 ** 31), 2 ** 31);
    expect(full.max().item()).toBeGreaterThan(2 ** 30);
    expect(full.min().item()).toBeLessThan(-(2 ** 30));
  });

  test('bernoulli refuses probabilities of a larger shape than the draws', () => {
    expect(() => random.bernoulli(random.key(0), [2], double([[0.5], [0.5], [0.5]]))).toThrow(
      'does not broadcast to [2]',
    );
  });
});

describe('integer sums wrap exactly, however large they get on the way', () => {
  test.each([
    ['int32', 2147483647, 2 ** 22 + 3],
    ['uint32', 4294967295, 2 ** 21 + 3],
  ] as const)('%s', (dtype, value, count) => {
    const x = full([count], value, { dtype });
    const want = BigInt(value) * BigInt(count);
    const wrapped = Number(dtype === 'int32' ? BigInt.asIntN(32, want) : BigInt.asUintN(32, want));
    expect(sum(x).item()).toBe(wrapped);
    expect(slice(cumsum(x), [{ start: -1 }]).item()).toBe(wrapped);
  });
});

describe('equal values have no variance', () => {
  test.each([0.1, 1 / 3, 1e30, 0.7])('of %p, in both dtypes, whatever their number', (value) => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const count of [3, 7, 49, 1000]) {
        const x = full([count], value, { dtype });
        expect(variance(x).item()).toBe(0);
        expect(
          grad((at: Tensor) => std(at))(x)
            .data()
            .every((g) => g === 0),
        ).toBe(true);
      }
    }
  });
});

test('the slope of expm1 keeps its digits far below 0', () => {
  const slope = grad((x: Tensor) => sum(expm1(x)))(double([-40, -100]));
  expect(slope.toArray()).toEqual([Math.exp(-40), Math.exp(-100)]);
});

test('tensors joined along one axis and then the other have gradients of their own', () => {
  const parts = [double([[1, 2]]), double([[3, 4]])];
  const slopes = grad((xs: readonly Tensor[]) =>
    sum(
      mul(
        concat(xs, { axis: 0 }),
        double([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).add(sum(mul(concat(xs, { axis: 1 }), double([[10, 20, 30, 40]])))),
  )(parts);
  expect(slopes.map((g) => g.toArray())).toEqual([[[11, 22]], [[33, 44]]]);
});

test('a NaN reaches the determinant past multipliers of 0', () => {
  const a = double([
    [0.5, Number.NaN, -1],
    [0, 0.6, 0],
    [0, -1, 0.5],
  ]);
  expect(linalg.det(a).item()).toBeNaN();
});
