import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { parameter, type Tensor, tensor } from '@tikhonov/core';
import { mlp } from '@tikhonov/nn';
import {
  curvature,
  equivalentL2,
  gradientChangeBound,
  relaxedSmoothness,
} from '../../src/index.ts';

const square = (w: Tensor): Tensor => w.mul(w).sum();

describe('curvature', () => {
  test('takes cells and networks, in both dtypes, and can be compiled', () => {
    const w = parameter(tensor([3, 4]));
    const ofCell = curvature((p: typeof w) => square(p.read()), w);
    expect([ofCell.gradientNorm.item(), ofCell.gradientNorm.dtype]).toEqual([10, 'float64']);
    expect(ofCell.hessianNorm.item()).toBeCloseTo(2, 6);
    const model = mlp([2, 3, 1], { seed: 0, dtype: 'float64' });
    const x = tensor([[1, 2]], { dtype: 'float64' });
    const ofModel = (): Tensor =>
      curvature(() => square(model.forward(x)), model, { nPowerIterations: 5 }).hessianNorm;
    expect(compile(ofModel)().item()).toBeCloseTo(ofModel().item(), 9);
  });

  test('a linear loss has none', () => {
    const { hessianNorm } = curvature(
      (w: Tensor) => square(w.mul(0).add(1)).add(w.sum()),
      tensor([1]),
    );
    expect(hessianNorm.item()).toBe(0);
  });

  test('checks the number of rounds', () => {
    expect(() => curvature(square, tensor([1]), { nPowerIterations: 0 })).toThrow(
      'curvature: nPowerIterations must be an integer >= 1, got 0.',
    );
  });
});

describe('relaxedSmoothness', () => {
  test('of gradients that are all alike is a constant', () => {
    const points = [1, 3, 2].map((hessianNorm) => ({ gradientNorm: 2, hessianNorm }));
    expect(relaxedSmoothness(points)).toEqual({ l0: 3, l1: 0 });
  });

  test('names what is no norm', () => {
    expect(() => relaxedSmoothness([])).toThrow('relaxedSmoothness: needs at least one point.');
    expect(() => relaxedSmoothness([{ gradientNorm: -1, hessianNorm: 2 }])).toThrow(
      "relaxedSmoothness: norms must be finite and >= 0, got a gradient's -1 and a Hessian's 2.",
    );
    expect(() => relaxedSmoothness([{ gradientNorm: Number.NaN, hessianNorm: 2 }])).toThrow(
      RangeError,
    );
  });
});

test('gradientChangeBound names numbers out of range', () => {
  const given = { l0: 1, l1: 1, gradientNorm: 1, distance: 1 };
  expect(() => gradientChangeBound({ ...given, distance: -1 })).toThrow(
    'gradientChangeBound: distance must be finite and >= 0, got -1.',
  );
  expect(gradientChangeBound({ ...given, distance: 0 })).toBe(0);
});

test('equivalentL2 names numbers out of range', () => {
  expect(() => equivalentL2({ lr: 0, steps: 1 })).toThrow(
    'equivalentL2: lr must be finite and > 0, got 0.',
  );
  expect(() => equivalentL2({ lr: 1, steps: 1.5 })).toThrow(
    'equivalentL2: steps must be an integer >= 1, got 1.5.',
  );
});
