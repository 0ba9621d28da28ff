import { describe, expect, test } from '@jest/globals';
import { Cell, type Tensor, type TensorJSON, tensor, transpose } from '@tikhonov/core';

const again = (x: Tensor | Cell): Tensor => tensor(JSON.parse(JSON.stringify(x)));

describe('a tensor that JSON.stringify wrote is the same tensor again', () => {
  test.each(['float32', 'float64', 'int32', 'uint32', 'bool'] as const)('as %s', (dtype) => {
    const x = tensor(
      [
        [0, 1, 3],
        [1, 0, 7],
      ],
      { dtype },
    );
    const restored = again(x);
    expect(restored.dtype).toBe(dtype);
    expect(restored.shape).toEqual([2, 3]);
    expect(restored.data()).toEqual(x.data());
  });

  test('bit for bit, scalars, empty tensors, views and cells included', () => {
    const thirds = tensor([1 / 3, 1e-45, -2.5e38]);
    expect(again(thirds).data()).toEqual(thirds.data());
    expect(again(tensor(2)).shape).toEqual([]);
    expect(again(tensor([], { shape: [0, 3] })).shape).toEqual([0, 3]);
    expect(again(transpose(tensor([[1, 2]]))).toArray()).toEqual([[1], [2]]);
    expect(again(new Cell(tensor([5], { dtype: 'int32' }))).dtype).toBe('int32');
  });

  test('unless options say otherwise', () => {
    const json = tensor([1, 2]).toJSON();
    expect(tensor(json, { dtype: 'float64' }).dtype).toBe('float64');
    expect(tensor(json, { shape: [2, 1] }).shape).toEqual([2, 1]);
  });
});

describe('what is not such a tensor is refused', () => {
  const parsed = (text: string): Tensor => tensor(JSON.parse(text) as TensorJSON);

  test('because of its values, which JSON writes as null when they are not finite', () => {
    expect(() => again(tensor([1, Number.NaN]))).toThrow(
      'tensor: found null where a number or boolean belongs.',
    );
    expect(() => parsed('{"shape":[3],"dtype":"int32","data":[1,2]}')).toThrow(
      'tensor: 2 values do not fill shape [3] (3 elements).',
    );
    expect(() => parsed('{"shape":[1],"dtype":"int32","data":[0.5]}')).toThrow(
      'tensor: 0.5 is not an int32 value.',
    );
  });

  test('because of its shape, its dtype, or a part that is missing', () => {
    expect(() => parsed('{"shape":[-1],"dtype":"int32","data":[1]}')).toThrow('is not a shape');
    expect(() => parsed('{"shape":null,"dtype":"int32","data":[1]}')).toThrow('is not a shape');
    expect(() => parsed('{"shape":[1],"dtype":"half","data":[1]}')).toThrow('unknown dtype "half"');
    expect(() => parsed('{"shape":[1],"data":[1]}')).toThrow('tensor: found object');
    expect(() => parsed('null')).toThrow('tensor: found null');
  });

  test('nor is a tensor itself', () => {
    expect(() => tensor(tensor([1]) as never)).toThrow('tensor: found a tensor or cell');
  });
});
