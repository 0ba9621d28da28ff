import { describe, expect, test } from '@jest/globals';
import { add, grad, hvp, mul, parameter, type Tensor, tensor } from '@tikhonov/core';

const depth = 50_000;

function chain(x: Tensor): Tensor {
  let y = x;
  for (let i = 0; i < depth; i++) y = add(mul(y, 1), 0);
  return y;
}

describe(`a chain of ${2 * depth} operations`, () => {
  test('backpropagates without overflowing the stack', () => {
    const x = tensor(2, { dtype: 'float64' });
    expect(grad((at: Tensor) => chain(mul(at, at)))(x).item()).toBe(4);
  });

  test('has second derivatives without overflowing the stack', () => {
    const x = tensor(3, { dtype: 'float64' });
    const [h] = hvp(
      (at: Tensor) => chain(mul(mul(at, at), at)),
      [x],
      [tensor(1, { dtype: 'float64' })],
    );
    expect(h.item()).toBe(18);
  });

  test('is walked by backward() too', () => {
    const w = parameter(tensor(2));
    chain(mul(w, w)).backward();
    expect(w.grad?.item()).toBe(4);
  });

  test('is visited once per node, however many paths there are', () => {
    let y = tensor(1, { dtype: 'float64' });
    const slope = grad((x: Tensor) => {
      y = x;
      for (let i = 0; i < 60; i++) y = add(y, y);
      return y;
    })(tensor(1, { dtype: 'float64' }));
    expect(slope.item()).toBe(2 ** 60);
  });
});
