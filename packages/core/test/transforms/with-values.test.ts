import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  grad,
  jvp,
  mul,
  parameter,
  sum,
  type Tensor,
  tensor,
  withValues,
} from '@tikhonov/core';
import { thrown } from '../support.ts';

const w = parameter(tensor([1, 2]), { name: 'w' });
const b = parameter(tensor([10, 20]), { name: 'b' });
const body = (): Tensor => sum(mul(w, b));

describe('withValues', () => {
  test('sees the values given, and the cells for the rest', () => {
    expect(withValues({ w, b }, { w: tensor([3, 4]) }, body).item()).toBe(110);
    expect(body().item()).toBe(50);
  });

  test('is a function of the values for every transform', () => {
    const f = (values: { w: Tensor }): Tensor => withValues({ w, b }, values, body);
    expect(grad(f)({ w: tensor([3, 4]) }).w.toArray()).toEqual([10, 20]);
    const [, slope] = jvp(f, [{ w: tensor([3, 4]) }], [{ w: tensor([1, 0]) }]);
    expect(slope.item()).toBe(10);
    expect(w.grad).toBeNull();
  });

  test('puts the values back, also after an error, and undoes writes', () => {
    const count = new Cell(tensor(1));
    withValues({ count }, { count: tensor(5) }, () => count.write(count.read().add(1)));
    expect(count.read().item()).toBe(1);
    thrown(() =>
      withValues({ count }, { count: tensor(5) }, () => {
        throw new Error('stop');
      }),
    );
    expect(count.read().item()).toBe(1);
  });

  test('names what does not fit, and changes nothing', () => {
    const given = (values: Record<string, Tensor>): string =>
      thrown(() => withValues({ w, b }, values, body)).message;
    expect(given({ v: tensor([1, 2]) })).toBe('withValues: there is no cell "v".\n  Known: w, b.');
    expect(given({ w: tensor([1, 2]), b: tensor([1]) })).toBe(
      'withValues: "b" holds shape [2], given [1].',
    );
    expect(given({ w: tensor([1, 2], { dtype: 'float64' }) })).toContain(
      "holds float32, given float64. Cast with astype('float32')",
    );
    expect(w.read().toArray()).toEqual([1, 2]);
  });

  test('refuses an async body, whose values would be gone', () => {
    const late = async (): Promise<number> => 1;
    expect(thrown(() => withValues({ w }, { w: tensor([3, 4]) }, late)).message).toContain(
      'must not be async',
    );
    expect(w.read().toArray()).toEqual([1, 2]);
  });
});
