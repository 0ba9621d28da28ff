import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  grad,
  matmul,
  ones,
  type Parameter,
  parameter,
  random,
  sum,
  tensor,
  valueAndGrad,
  zeros,
} from '../src/index.ts';

// Much of this file is checked by the compiler: it must accept these calls under `strict`.
describe('types as people write them', () => {
  test('an unannotated function of one tensor', () => {
    const slope = grad((x) => x.mul(x).sum())(tensor([1, 2]));
    expect(slope.toArray()).toEqual([2, 4]);
  });

  test('a function that closes over the parameters', () => {
    const params: Record<string, Parameter> = { w: parameter(tensor([3])) };
    const [value, gradients] = valueAndGrad((_params: typeof params) => sum(params.w!))(params);
    expect([value.item(), gradients.w!.toArray()]).toEqual([3, [1]]);
  });

  test('a tree with further arguments', () => {
    const f = (p: { readonly w: ReturnType<typeof tensor> }, k: number) => p.w.mul(k).sum();
    expect(grad(f)({ w: tensor([1]) }, 5).w.toArray()).toEqual([5]);
  });
});

describe('mistakes are named', () => {
  // Calls from JavaScript, where no compiler objects.
  const js = <T>(value: unknown): T => value as T;

  test('a value that is not a tensor, put into a cell', () => {
    expect(() => new Cell(js([1]))).toThrow('Cell: needs a Tensor, got an array');
    expect(() => parameter(js([1]))).toThrow('parameter: needs a Tensor, got an array');
    const cell = new Cell(tensor([1]), { name: 'u' });
    expect(() => cell.write(js({ shape: [1], dtype: 'float32' }))).toThrow(
      'Cell.write(u): needs a Tensor, got a tensor or cell',
    );
    expect(cell.read().toArray()).toEqual([1]);
  });

  test('options that are not objects', () => {
    expect(() => tensor([1, 2]).sum(js(0))).toThrow('Did you mean { axis: 0 }?');
    expect(() => tensor([1], js('int32'))).toThrow("Did you mean { dtype: 'int32' }?");
  });

  test('a random key that is a number', () => {
    expect(() => random.uniform(js(3), [2])).toThrow('needs a random key, got number');
  });

  test('the name of the function that was called', () => {
    expect(() => zeros(js(3))).toThrow('zeros: 3 is not a shape');
    expect(() => ones(js(3))).toThrow('ones: 3 is not a shape');
  });

  test('integers in a matrix product get a floating dtype advised', () => {
    const integers = tensor([[1]], { dtype: 'int32' });
    expect(() => matmul(integers, tensor([[1]]))).toThrow("astype('float32')");
  });

  test('an async function under grad', () => {
    expect(() => grad((x) => js(Promise.resolve(x)))(tensor(1))).toThrow('must not be async');
  });

  test('a model where its parameters belong', () => {
    const model = new (class Model {
      namedParameters() {
        return {};
      }
    })();
    expect(() => grad((_model) => tensor(1))(js(model))).toThrow('Pass model.namedParameters()');
  });
});

describe('cells and tensors', () => {
  test('a cell takes a number in its own dtype', () => {
    const rate = new Cell(tensor(1, { dtype: 'float64' }));
    rate.write(0.1);
    expect(rate.read().item()).toBe(0.1);
  });

  test('print their values', () => {
    expect(inspect(tensor([1, 2]))).toBe('Tensor([2] float32: 1, 2)');
    expect(String(parameter(tensor([1]), { name: 'w' }))).toBe(
      'Parameter(w: Tensor([1] float32: 1))',
    );
  });
});
