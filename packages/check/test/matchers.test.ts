import { describe, expect, test } from '@jest/globals';
import { type MatcherResult, type TensorMatchers, tensorMatchers } from '@tikhonov/check/jest';
import { type Tensor, tensor } from '@tikhonov/core';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>> extends TensorMatchers<R> {}
}
expect.extend(tensorMatchers);

interface Point {
  readonly at: Tensor;
}

const message = (result: MatcherResult): string => result.message();

describe('tensor matchers', () => {
  test('work through expect', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(x).toMatchTensor([
      [1, 2],
      [3, 4],
    ]);
    expect(x).toBeCloseToTensor(
      tensor([
        [1, 2],
        [3, 4 + 1e-6],
      ]),
    );
    expect(x).not.toBeCloseToTensor([
      [1, 2],
      [3, 4.1],
    ]);
    expect(() =>
      expect(x).toMatchTensor([
        [1, 2],
        [3, 5],
      ]),
    ).toThrow('Worst at [1, 1]');
  });

  test('name the worst index, both values, the error and the tolerance', () => {
    const result = tensorMatchers.toBeCloseToTensor(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: 'float64' },
      ),
      [
        [1, 2.5],
        [3, 5],
      ],
      {
        atol: 0.25,
        rtol: 0,
      },
    );
    expect(result.pass).toBe(false);
    expect(message(result)).toBe(
      'toBeCloseToTensor: 2 of 4 elements of [2, 2] differ.\n' +
        '  Worst at [1, 1]: received 4, expected 5, error 1, tolerance 0.25.',
    );
  });

  test('say when shapes, dtypes or kinds differ', () => {
    const { toMatchTensor } = tensorMatchers;
    expect(message(toMatchTensor(tensor([1]), [1, 2]))).toBe(
      'toMatchTensor: received shape [1], expected [2].',
    );
    expect(message(toMatchTensor(tensor([1]), tensor([1], { dtype: 'int32' })))).toContain(
      'received float32, expected int32',
    );
    expect(message(toMatchTensor([1], [1]))).toContain('received object, not a Tensor');
  });

  test('treat NaN and infinities as equal to themselves only', () => {
    const x = tensor([NaN, Infinity]);
    expect(x).toMatchTensor([NaN, Infinity]);
    expect(x).not.toBeCloseToTensor([0, Infinity]);
    expect(x).not.toBeCloseToTensor([NaN, -Infinity]);
    expect(tensor([1])).not.toBeCloseToTensor([NaN]);
    expect(tensor([1])).not.toBeCloseToTensor([Infinity]);
  });

  test('check gradients', () => {
    const x = tensor([0.5, 1], { dtype: 'float64' });
    expect((y: Tensor) => y.mul(y)).toHaveCorrectGradients([x]);
    expect(({ a }: { a: Tensor }) => a.mul(a)).toHaveCorrectGradients({ a: x }, { order: 3 });
    const point: Point = { at: x };
    expect((p: Point) => p.at.mul(p.at)).toHaveCorrectGradients(point);
    expect((p: Point, y: Tensor) => p.at.mul(y)).toHaveCorrectGradients([point, x]);
    // @ts-expect-error a number is no tree of tensors
    expect(() => expect((y: Tensor) => y).toHaveCorrectGradients([3])).toThrow('found number');
    const wrong = (y: Tensor): Tensor => y.mul(y.detach());
    expect(wrong).not.toHaveCorrectGradients([x]);
    expect(() => expect(wrong).toHaveCorrectGradients([x])).toThrow(
      'toHaveCorrectGradients: 24 derivatives compared, not all agree (seed 0).\n  Worst: d gradient of args[0][0]',
    );
    expect(message(tensorMatchers.toHaveCorrectGradients(3, [x]))).toContain(
      'received number, not a function of tensors',
    );
  });

  test('take booleans and scalars', () => {
    expect(tensor([true, false])).toMatchTensor([true, false]);
    expect(tensor(3)).toMatchTensor(3);
  });
});
