import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import {
  linalg,
  log,
  matmul,
  mul,
  parameter,
  random,
  slice,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { type LossAndGradients, lbfgs } from '../../src/index.ts';
import { cellOf, float64, numbers, value } from '../values.ts';

describe('lbfgs', () => {
  const rosenbrock = (w: ReturnType<typeof cellOf>) => (): Tensor => {
    const point = w.read();
    const n = point.size;
    const x = slice(point, [{ start: 0, stop: n - 1 }]);
    const y = slice(point, [{ start: 1, stop: n }]);
    return sub(1, x)
      .pow(2)
      .add(sub(y, mul(x, x)).pow(2).mul(100))
      .sum();
  };

  test('finds the solution of least squares that the normal equations give', () => {
    const A = random.normal(random.key(0), [30, 8], { dtype: 'float64' });
    const y = random.normal(random.key(1), [30], { dtype: 'float64' });
    const w = cellOf(Array.from({ length: 8 }, () => 0));
    const options = { toleranceChange: 0, toleranceGrad: 1e-10 };
    const result = lbfgs({ w }, () => sum(sub(matmul(A, w), y).pow(2)), options);
    expect(result.converged).toBe(true);
    expect(result.iterations).toBeLessThan(40);
    const want = numbers(linalg.solve(matmul(A.transpose(), A), matmul(A.transpose(), y)));
    // A value is flat to its last bit within the root of 2^-52 of the minimum.
    for (const [i, x] of want.entries()) expect(Math.abs(numbers(w)[i]! - x)).toBeLessThan(1e-7);
  });

  test('goes down the valley of Rosenbrock in few evaluations, in 2 and in 20 dimensions', () => {
    for (const n of [2, 20]) {
      const w = cellOf(Array.from({ length: n }, (_, i) => (i % 2 === 0 ? -1.2 : 1)));
      const result = lbfgs({ w }, rosenbrock(w), { maxIter: 300 });
      expect(result.converged).toBe(true);
      expect(result.evaluations).toBeLessThan(200);
      for (const x of numbers(w)) expect(Math.abs(x - 1)).toBeLessThan(1e-4);
      expect(result.loss).toBe(value(rosenbrock(w)()));
    }
  });

  test('never goes up, and ends at the value that it tells', () => {
    const w = cellOf([-1.2, 1]);
    let before = value(rosenbrock(w)());
    for (let k = 0; k < 20; k++) {
      const { loss } = lbfgs({ w }, rosenbrock(w), { maxIter: 1 });
      expect(loss).toBeLessThanOrEqual(before);
      before = loss;
    }
  });

  test('compiled evaluations lead to the same place', () => {
    const [plain, compiled] = [cellOf([-1.2, 1]), cellOf([-1.2, 1])];
    const first = lbfgs({ w: plain }, rosenbrock(plain));
    const wrap = (f: LossAndGradients): LossAndGradients => compile(f);
    const second = lbfgs({ w: compiled }, rosenbrock(compiled), { compile: wrap });
    expect(second.iterations).toBe(first.iterations);
    for (const [i, x] of numbers(plain).entries()) {
      expect(Math.abs(numbers(compiled)[i]! - x)).toBeLessThan(1e-9);
    }
  });

  test('steps back from where the loss is not finite', () => {
    const w = cellOf([0.1]);
    // -log w + w, NaN below 0, with its minimum at 1.
    const result = lbfgs({ w }, () => sum(sub(w, log(w))));
    expect(result.converged).toBe(true);
    expect(Math.abs(numbers(w)[0]! - 1)).toBeLessThan(1e-4);
  });

  test('float32 parameters end as float32', () => {
    const w = parameter(tensor([3, -1]));
    const { loss } = lbfgs({ w }, () => sum(sub(w, 1).pow(2)));
    expect([w.dtype, numbers(w)]).toEqual(['float32', [1, 1]]);
    expect(loss).toBe(0);
  });

  test('an error leaves the parameters as they were', () => {
    const w = cellOf([3]);
    let calls = 0;
    expect(() =>
      lbfgs({ w }, () => {
        if (++calls > 2) throw new Error('third');
        return w.read().pow(4).sum();
      }),
    ).toThrow('third');
    expect(numbers(w)).toEqual([3]);
  });

  test('a start that is not finite, and numbers out of range, are named', () => {
    const w = cellOf([Number.NaN]);
    expect(() => lbfgs({ w }, () => sum(w))).toThrow(
      'lbfgs: the loss or its gradient is not finite where the run starts: the loss is NaN.',
    );
    expect(() => lbfgs({ w }, () => sum(w), { maxIter: 0 })).toThrow(
      'lbfgs: maxIter must be an integer > 0, got 0.',
    );
    expect(() => lbfgs({ w }, float64([1]) as never)).toThrow(
      'lbfgs: needs a function that returns the loss, got',
    );
  });
});
