import { describe, expect, test } from '@jest/globals';
import { caseDraw, fc } from '@tikhonov/check';
import { type Tensor, tensor } from '@tikhonov/core';
import { primitives } from '@tikhonov/core/engine';
import { dense, isDense, type Layout, reshaped } from '../../src/layout/layout.ts';
import { moves } from '../../src/layout/moves.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The positions of a layout's elements in row-major order. */
function positions({ shape, strides, offset }: Layout): number[] {
  let found = [offset];
  for (const [k, n] of shape.entries()) {
    found = found.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * strides[k]!));
  }
  return found;
}

/** A tensor whose elements are their positions. */
const counted = (shape: readonly number[]): Tensor =>
  tensor(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => i),
    { shape, dtype: 'float64' },
  );

describe('every move says where the kernel puts the elements', () => {
  const moving = primitives.filter(({ name }) => moves.has(name));
  test('there are moves', () => expect(moving.length).toBe(moves.size));

  test.each(moving.map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const { inputs, attrs } = entry.cases(caseDraw((arbitrary) => gen(() => arbitrary)));
        const x = counted(inputs[0]!.shape);
        const { primitive } = entry;
        if (primitive.kind !== 'single') throw new Error('moves have one result');
        const layout = moves.get(entry.name)!(dense(x.shape), attrs);
        // Dense operands never need a copy.
        const got = layout!;
        const want = primitive.forward([x.view], attrs);
        expect(got.shape).toEqual(want.shape);
        const strided = { shape: want.shape, strides: want.stride, offset: want.offset };
        const elements = sizeOf(want.shape) === 0 ? [] : positions(got);
        expect(elements).toEqual(
          sizeOf(want.shape) === 0 ? [] : positions(strided).map((at) => want.data[at]),
        );
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});

describe('reshaped', () => {
  test('keeps the elements of any strides in order, or says that it cannot', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.boolean(),
        (shape, stream, repeats) => {
          const next = (): number => stream.next().value;
          const order = shape.map((_, k) => k).sort(() => next() - 0.5);
          const base = dense(order.map((k) => shape[k]!));
          const layout: Layout = {
            shape,
            strides: shape.map((_, k) =>
              repeats && next() < 0.3 ? 0 : base.strides[order.indexOf(k)]!,
            ),
            offset: 5,
          };
          const factors = shape.flatMap((n) => (n === 4 ? [2, 2] : [n]));
          const target: number[] = [];
          for (const n of factors) {
            if (target.length > 0 && next() < 0.5) target.push(target.pop()! * n);
            else target.push(n);
          }
          const result = reshaped(layout, target);
          if (result === null) {
            refused += 1;
            expect(isDense(layout)).toBe(false);
            return;
          }
          expect(result.shape).toEqual(target);
          expect(positions(result)).toEqual(positions(layout));
        },
      ),
      { numRuns: 2000, seed: 4 },
    );
    expect(refused).toBeGreaterThan(20);
  });

  test('splits and merges axes of views without a copy where strides can say it', () => {
    const rows: Layout = { shape: [4, 3], strides: [10, 1], offset: 2 };
    expect(reshaped(rows, [2, 2, 3])).toEqual({
      shape: [2, 2, 3],
      strides: [20, 10, 1],
      offset: 2,
    });
    expect(reshaped(rows, [12])).toBeNull();
    const repeated: Layout = { shape: [4, 3], strides: [0, 0], offset: 0 };
    expect(reshaped(repeated, [12])).toEqual({ shape: [12], strides: [0], offset: 0 });
    expect(reshaped(rows, [4, 1, 3, 1])?.strides).toEqual([10, 0, 1, 0]);
  });
});
