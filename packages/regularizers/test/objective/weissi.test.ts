import { expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { Cell, parameter, type Tensor, tensor, zeros } from '@tikhonov/core';
import { mlp } from '@tikhonov/nn';
import { l2, weissi } from '../../src/index.ts';

test('a zero tensor is refused by its name, unless eps bounds the logarithm or nothing is penalised', () => {
  const params = { a: tensor([1]), b: zeros([2, 3]) };
  expect(() => weissi(params, { lambda1: 1 })).toThrow(
    'weissi: "b" of shape [2, 3] is zero, and the logarithm of its norm is -Infinity.\n  Start from other weights, leave it out with { filter }, or give { eps }.',
  );
  expect(() => weissi(zeros([2]), { lambda1: new Cell(tensor(1)) })).toThrow(RangeError);
  expect(weissi(params, { lambda1: 1, eps: 1e-3 }).item()).toBeCloseTo(Math.log(1e-3), 4);
  expect(weissi(params, { lambda1: 0 }).item()).toBe(0);
  expect(weissi(params, { lambda1: new Cell(tensor(0)) }).item()).toBe(0);
  expect(weissi(params, { lambda1: 1, filter: (name) => name === 'a' }).item()).toBe(0);
});

test('a compiled function refuses a zero tensor too, and takes its strength from a cell', () => {
  const w = parameter(tensor([3, 4]));
  const lambda1 = new Cell(tensor(1));
  const program = compile(() => weissi(w, { lambda1 }));
  expect(program().item()).toBeCloseTo(Math.log(5), 6);
  lambda1.write(tensor(2));
  expect(program().item()).toBeCloseTo(2 * Math.log(5), 6);
  w.write(zeros([2]));
  expect(() => program()).toThrow('is zero');
  lambda1.write(tensor(0));
  expect(program().item()).toBe(0);
});

test('of a network it covers the weights; bad strengths and eps are refused', () => {
  const model = mlp([3, 4, 2], { seed: 0 });
  const weights = [model.layers[0]!.weight, model.layers[1]!.weight];
  expect(weissi(model, { lambda1: 1 }).item()).toBe(weissi(weights, { lambda1: 1 }).item());
  expect(() => weissi(model, { lambda1: -1 })).toThrow('weissi: lambda1 must be finite and >= 0');
  expect(() => weissi(model, { lambda1: 1, lambda2: Number.NaN })).toThrow('weissi: lambda2');
  expect(() => weissi(model, { lambda1: 1, eps: -1 })).toThrow(
    'weissi: eps must be finite and >= 0, got -1.',
  );
});

test('tiny and huge weights neither under- nor overflow, and NaN stays', () => {
  const at = (size: number): number => weissi(tensor([3 * size, 4 * size]), { lambda1: 1 }).item();
  expect(at(1e-30)).toBeCloseTo(Math.log(5) - 30 * Math.LN10, 4);
  expect(at(1e30)).toBeCloseTo(Math.log(5) + 30 * Math.LN10, 4);
  expect(weissi(tensor([Number.NaN]), { lambda1: 1 }).item()).toBeNaN();
});

test('a small eps bounds the logarithm in float32, one that is 0 there is refused', () => {
  const at = (eps: number): number => weissi(zeros([2, 2]), { lambda1: 1, eps }).item();
  expect(at(1e-30)).toBeCloseTo(Math.log(1e-30), 4);
  expect(() => at(1e-60)).toThrow('weissi: eps is 0 in float32, got 1e-60.');
});

test('it adds to other penalties', () => {
  const w = parameter(tensor([3, 4]));
  const both: Tensor = weissi(w, { lambda1: 1 }).add(l2(w, { lambda: 0.5 }));
  both.backward();
  // w / 25 + w
  const slopes = w.grad!.toArray() as number[];
  expect(slopes[0]).toBeCloseTo(3 / 25 + 3, 5);
  expect(slopes[1]).toBeCloseTo(4 / 25 + 4, 5);
});
