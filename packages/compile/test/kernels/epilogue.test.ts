import { describe, expect, test } from '@jest/globals';
import {
  abs,
  flip,
  lessEqual,
  maximum,
  relu,
  slice,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { compile } from '../../src/compile.ts';
import { plain } from '../compile/support.ts';
import { Draw } from './gemm-harness.ts';

type DType = 'float32' | 'float64';

/** What is done to a product: its operands have shapes that depend on the product's. */
interface Maps {
  readonly name: string;
  readonly operands: readonly ((shape: readonly number[]) => readonly number[])[];
  readonly f: (product: Tensor, ...operands: Tensor[]) => Tensor[];
}

const same = (shape: readonly number[]): readonly number[] => shape;
const row = (shape: readonly number[]): readonly number[] => [shape.at(-1)!];
const column = (shape: readonly number[]): readonly number[] => [shape.at(-2)!, 1];
const scalar = (): readonly number[] => [];
const turned = (shape: readonly number[]): readonly number[] => [
  ...shape.slice(0, -2),
  shape.at(-1)!,
  shape.at(-2)!,
];
const flat = (shape: readonly number[]): readonly number[] => [shape.reduce((a, b) => a * b, 1)];

/** All of them can be done to the product's elements, and all are exact. */
const all: readonly Maps[] = [
  { name: 'a row', operands: [row], f: (p, b) => [p.mul(b!)] },
  { name: 'a column', operands: [column], f: (p, b) => [p.mul(b!)] },
  { name: 'a number', operands: [scalar], f: (p, b) => [p.sub(b!)] },
  { name: 'a matrix', operands: [same], f: (p, b) => [p.sub(b!).mul(b!)] },
  { name: 'a transpose', operands: [turned], f: (p, b) => [p.mul(b!.transpose())] },
  { name: 'a matrix backwards', operands: [same], f: (p, b) => [p.mul(flip(b!))] },
  { name: 'another shape', operands: [flat], f: (p, b) => [p.reshape([-1]).mul(b!)] },
  { name: 'a rectifier', operands: [], f: (p) => [relu(p), lessEqual(relu(p), 0)] },
  {
    name: 'a choice',
    operands: [row],
    f: (p, b) => [where(lessEqual(p.mul(b!), 0), b!, p)],
  },
  {
    name: 'a mask',
    operands: [same, column],
    f: (p, b, c) => {
      const kept = where(lessEqual(b!, c!), p, c!);
      return [kept, maximum(kept, b!)];
    },
  },
  {
    // Too long to stand in every tile.
    name: 'a long chain',
    operands: [same],
    f: (p, b) => {
      let y = p;
      for (let k = 0; k < 8; k++) y = maximum(y.mul(1.25), y.sub(b!)).mul(0.75);
      return [y, lessEqual(y, b!)];
    },
  },
];

const numbers = (draw: Draw, shape: readonly number[], dtype: DType): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, () => draw.unit() * 2 - 1);
  return tensor(values, { shape, dtype });
};

const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17, 19];

/** A product's factors; the first or the second may be one matrix for all of the other's. */
function factors(draw: Draw, dtype: DType): [Tensor, Tensor] {
  const [m, n, k] = [draw.of(sizes), draw.of(sizes), draw.of([1, 2, 3, 8, 13])];
  const [first, second] = draw.of([
    [[], []],
    [[], []],
    [[3], [3]],
    [[2, 3], [3]],
    [[1], [2]],
  ]);
  const matrix = (batch: readonly number[], rows: number, columns: number): Tensor =>
    draw.of([true, false])
      ? numbers(draw, [...batch, rows, columns], dtype)
      : numbers(draw, [...batch, columns, rows], dtype).transpose();
  return [matrix(first!, m, k), matrix(second!, k, n)];
}

const kernelsOf = (program: { explain(): readonly { kernels: readonly string[] }[] }): string[] =>
  program.explain().flatMap(({ kernels }) => kernels);

describe.each(['float32', 'float64'] as const)('maps of a product in %s', (dtype) => {
  test.each(all)('give the same bits as by themselves: $name', ({ f, operands }) => {
    const draw = new Draw(17);
    for (let trial = 0; trial < 5; trial++) {
      const [a, b] = factors(draw, dtype);
      const shape = a.matmul(b).shape;
      const others = operands.map((of) => numbers(draw, of(shape), dtype));
      const both = compile((a: Tensor, b: Tensor, others: readonly Tensor[]) => {
        const product = a.matmul(b);
        return [product, ...f(product, ...others)];
      });
      const [product, ...results] = both(a, b, others);
      expect(kernelsOf(both)).toHaveLength(1);
      expect(results.map(plain)).toEqual(f(product!, ...others).map(plain));
      // The same maps, with the product itself not stored.
      const alone = compile((a: Tensor, b: Tensor, others: readonly Tensor[]) =>
        f(a.matmul(b), ...others),
      );
      expect(alone(a, b, others).map(plain)).toEqual(results.map(plain));
      expect(kernelsOf(alone)).toHaveLength(1);
    }
  });

  test('start from a row that is added to all of it', () => {
    const draw = new Draw(5);
    for (let trial = 0; trial < 24; trial++) {
      const [a, b] = factors(draw, dtype);
      const { shape } = a.matmul(b);
      const bias = numbers(draw, row(shape), dtype);
      const scale = numbers(draw, same(shape), dtype);
      const f = (a: Tensor, b: Tensor, bias: Tensor, scale: Tensor): Tensor =>
        relu(a.matmul(b).add(bias)).mul(scale);
      const g = compile(f);
      const got = g(a, b, bias, scale).data();
      expect(kernelsOf(g)).toHaveLength(1);
      const want = f(a, b, bias, scale).data();
      // Terms of at most 1, and one more addition than there are terms.
      const k = a.shape.at(-1)!;
      const bound = (k + 2) * (k + 1) * (dtype === 'float32' ? 2 ** -24 : 2 ** -52);
      for (const [i, y] of want.entries()) expect(Math.abs(got[i]! - y)).toBeLessThan(bound);
    }
  });

  test('start from a row where vectors run down a few columns', () => {
    const draw = new Draw(6);
    for (const [m, n] of [
      [9, 1],
      [8, 2],
      [19, 2],
      [17, 3],
    ] as const) {
      const a = numbers(draw, [4, m], dtype);
      const [b, bias] = [numbers(draw, [4, n], dtype), numbers(draw, [n], dtype)];
      const f = (a: Tensor, b: Tensor, bias: Tensor): Tensor[] => {
        const sum = a.transpose().matmul(b).add(bias);
        return [sum, maximum(sum, bias)];
      };
      const [sum, larger] = compile(f)(a, b, bias);
      expect(plain(larger)).toEqual(plain(maximum(sum!, bias)));
      const bound = 30 * (dtype === 'float32' ? 2 ** -24 : 2 ** -52);
      const want = f(a, b, bias)[0]!.data();
      for (const [i, y] of sum!.data().entries()) {
        expect(Math.abs(y - want[i]!)).toBeLessThan(bound);
      }
    }
  });

  test('start from nothing else that is added', () => {
    const draw = new Draw(7);
    const [a, b] = [numbers(draw, [9, 5], dtype), numbers(draw, [5, 6], dtype)];
    const bound = 30 * (dtype === 'float32' ? 2 ** -24 : 2 ** -52);
    const product = a.matmul(b);
    for (const shape of [[9, 6], [9, 1], [], [6]]) {
      const other = numbers(draw, shape, dtype);
      const sum = compile((a: Tensor, b: Tensor, other: Tensor) => a.matmul(b).add(other));
      const got = sum(a, b, other).data();
      for (const [i, y] of product.add(other).data().entries()) {
        expect(Math.abs(got[i]! - y)).toBeLessThan(bound);
      }
      // The product itself is needed too.
      const both = compile((a: Tensor, b: Tensor, other: Tensor) => {
        const product = a.matmul(b);
        return [product, product.add(other)];
      });
      const [first, second] = both(a, b, other);
      expect(plain(second)).toEqual(plain(first!.add(other)));
    }
    // A row that is a part of something.
    const long = numbers(draw, [13], dtype);
    const part = (x: Tensor): Tensor => slice(x, [{ start: 4, stop: 10 }]);
    const sum = compile((a: Tensor, b: Tensor, c: Tensor) => a.matmul(b).add(part(c)));
    const got = sum(a, b, long).data();
    for (const [i, y] of product.add(part(long)).data().entries()) {
      expect(Math.abs(got[i]! - y)).toBeLessThan(bound);
    }
  });

  test('may read the factors of the product, which stay as they were', () => {
    const draw = new Draw(8);
    for (const n of [1, 3, 4, 6, 10]) {
      const [a, b] = [numbers(draw, [n, n], dtype), numbers(draw, [n, n], dtype)];
      const f = compile((a: Tensor, b: Tensor) => {
        const product = a.matmul(b);
        return [product, product.mul(a).sub(b.transpose())];
      });
      const before = [plain(a), plain(b)];
      const [product, result] = f(a, b);
      expect(kernelsOf(f)).toHaveLength(1);
      expect(plain(result)).toEqual(plain(product!.mul(a).sub(b.transpose())));
      expect([plain(a), plain(b)]).toEqual(before);
    }
  });

  test('keep the product for whoever else uses it', () => {
    const draw = new Draw(9);
    const [a, b, c] = [
      [9, 5],
      [5, 6],
      [6, 3],
    ].map((shape) => numbers(draw, shape, dtype));
    const f = (a: Tensor, b: Tensor, c: Tensor): Tensor[] => {
      const product = a.matmul(b);
      return [abs(product), product.matmul(c), product.sum({ axis: 0 })];
    };
    const g = compile(f);
    const got = g(a!, b!, c!);
    for (const [i, want] of f(a!, b!, c!).entries()) {
      const other = got[i]!.data();
      const bound = 30 * 6 * (dtype === 'float32' ? 2 ** -24 : 2 ** -52);
      for (const [j, y] of want.data().entries())
        expect(Math.abs(other[j]! - y)).toBeLessThan(bound);
    }
    expect(kernelsOf(g)[0]).toMatch(/^matmul .* abs$/);
  });

  test('are done to sums over nothing, and over many blocks', () => {
    const draw = new Draw(10);
    for (const k of [0, 1100]) {
      const [a, b] = [numbers(draw, [6, k], dtype), numbers(draw, [k, 9], dtype)];
      const bias = numbers(draw, [9], dtype);
      const f = compile((a: Tensor, b: Tensor, bias: Tensor) => {
        const sum = a.matmul(b).add(bias);
        return [sum, relu(sum), lessEqual(sum, 0.5)];
      });
      const [sum, ...others] = f(a, b, bias);
      expect(kernelsOf(f)).toHaveLength(1);
      expect(others.map(plain)).toEqual([relu(sum!), lessEqual(sum!, 0.5)].map(plain));
      const bound = (k + 2) * (k + 1) * (dtype === 'float32' ? 2 ** -24 : 2 ** -52);
      const want = a.matmul(b).add(bias).data();
      for (const [i, y] of sum!.data().entries()) {
        expect(Math.abs(y - want[i]!)).toBeLessThanOrEqual(bound);
      }
    }
  });
});
