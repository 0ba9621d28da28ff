import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  DTypeError,
  grad,
  parameter,
  ShapeError,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from '@tikhonov/core';
import { mlp } from '@tikhonov/nn';
import {
  bridge,
  elasticNet,
  frobeniusNorm,
  gaussianPrior,
  groupLasso,
  huberPenalty,
  l1,
  l2,
  laplacePrior,
  proxElasticNet,
  proxL1,
  proxL2,
  smoothL1Penalty,
  softThreshold,
  spectralNormValue,
} from '../../src/index.ts';

const penalties = {
  l2: (params: Parameters<typeof l2>[0], lambda: Parameters<typeof l2>[1]['lambda']) =>
    l2(params, { lambda }),
  l1: (params: Parameters<typeof l1>[0], lambda: Parameters<typeof l1>[1]['lambda']) =>
    l1(params, { lambda }),
  elasticNet: (params: Parameters<typeof l1>[0], lambda: Parameters<typeof l1>[1]['lambda']) =>
    elasticNet(params, { lambda1: lambda, lambda2: lambda }),
  bridge: (params: Parameters<typeof l1>[0], lambda: Parameters<typeof l1>[1]['lambda']) =>
    bridge(params, { lambda, p: 0.5 }),
  huberPenalty: (params: Parameters<typeof l1>[0], lambda: Parameters<typeof l1>[1]['lambda']) =>
    huberPenalty(params, { lambda }),
  smoothL1Penalty: (params: Parameters<typeof l1>[0], lambda: Parameters<typeof l1>[1]['lambda']) =>
    smoothL1Penalty(params, { lambda, beta: 0.5 }),
  groupLasso: (params: Parameters<typeof l1>[0], lambda: Parameters<typeof l1>[1]['lambda']) =>
    groupLasso(params, { lambda }),
};

describe.each(Object.entries(penalties))('%s', (_name, penalty) => {
  const model = mlp([3, 4, 2], { seed: 0 });

  test('of a network covers its weights, not its biases', () => {
    const weights = [model.layers[0]!.weight, model.layers[1]!.weight];
    expect(penalty(model, 0.1).item()).toBe(penalty(weights, 0.1).item());
    penalty(model, 0.1).backward();
    const touched = Object.entries(model.namedParameters()).filter(([, p]) => p.grad !== null);
    expect(touched.map(([name]) => name)).toEqual(['layers.0.weight', 'layers.1.weight']);
  });

  test('of nothing is 0', () => {
    expect(penalty([], 0.1).item()).toBe(0);
    expect(penalty({}, 0.1).item()).toBe(0);
    expect(penalty(zeros([0, 3]), 0.1).item()).toBe(0);
  });

  test('keeps float64 and refuses mixed dtypes', () => {
    expect(penalty(tensor(new Float64Array([1, 2])), 0.1).dtype).toBe('float64');
    const mixed = [tensor([1]), tensor(new Float64Array([1]))];
    expect(() => penalty(mixed, 0.1)).toThrow(DTypeError);
  });

  test('reads a strength from a cell at every call, and differentiates through it', () => {
    const w = tensor([1, -2]);
    const lambda = new Cell(tensor(0.5));
    const before = penalty(w, lambda).item();
    lambda.write(tensor(1));
    expect(penalty(w, lambda).item()).toBe(2 * before);
    const slope = grad((strength: Tensor) => penalty(w, strength))(tensor(3));
    expect(slope.item()).toBeCloseTo(penalty(w, 1).item(), 6);
  });

  test('casts a strength of another dtype', () => {
    const w = tensor(new Float64Array([1, -2]));
    expect(penalty(w, new Cell(tensor(0.5))).dtype).toBe('float64');
  });

  test('refuses strengths that are negative, not finite, not scalar or not floating', () => {
    const w = tensor([1, -2]);
    for (const bad of [-1, Number.NaN, Infinity]) {
      expect(() => penalty(w, bad)).toThrow(RangeError);
      expect(() => penalty(w, new Cell(tensor(bad)))).toThrow(RangeError);
    }
    expect(() => penalty(w, tensor([1, 2]))).toThrow(ShapeError);
    expect(() => penalty(w, tensor(1, { dtype: 'int32' }))).toThrow(DTypeError);
    expect(() => penalty(w, '0.1' as never)).toThrow(TypeError);
  });

  test('keeps the weights connected at strength 0, so a step on it moves nothing and throws nothing', () => {
    const w = parameter(tensor([1, Infinity]));
    penalty(w, 0).backward();
    expect(w.grad!.toArray()).toEqual([0, 0]);
  });

  test('passes NaN on', () => {
    expect(penalty(tensor([Number.NaN]), 0.1).item()).toBeNaN();
  });
});

test('a filter replaces the rule about biases', () => {
  const model = mlp([3, 4, 2], { seed: 0 });
  const onlyBiases = (name: string): boolean => name.endsWith('.bias');
  const want = l2([model.layers[0]!.bias!, model.layers[1]!.bias!], { lambda: 1 });
  expect(l2(model, { lambda: 1, filter: onlyBiases }).item()).toBe(want.item());
  const all = l1(model, { lambda: 1, filter: () => true }).item();
  expect(all).toBeCloseTo(
    l1(model, { lambda: 1 }).item() +
      l1(model.namedParameters(), { lambda: 1, filter: onlyBiases }).item(),
    5,
  );
});

test('trees may be nested, and anything else in them is refused by its path', () => {
  const tree = { a: [tensor([1]), parameter(tensor([2]))], b: new Cell(tensor([[3]])) };
  expect(l2(tree, { lambda: 1 }).item()).toBe(14);
  expect(() => l2({ a: [1 as never] }, { lambda: 1 })).toThrow('l2: found number at "a.0"');
});

test('messages say what was wrong and what to do', () => {
  expect(() => l2(tensor([1]), { lambda: -2 })).toThrow(
    'l2: lambda must be finite and >= 0, got -2.',
  );
  expect(() => gaussianPrior(tensor([1]), { sigma: 0 })).toThrow(
    'gaussianPrior: sigma must be finite and > 0, got 0.',
  );
  expect(() => laplacePrior(tensor([1]), { scale: new Cell(tensor(0)) })).toThrow(
    'laplacePrior: scale must be finite and > 0, got Tensor([] float32: 0).',
  );
  expect(() => elasticNet(tensor([1]), { alpha: 1, l1Ratio: 1.5 })).toThrow(
    'elasticNet: l1Ratio must be in [0, 1], got 1.5.',
  );
  const both = { alpha: 1, lambda1: 1, lambda2: 1 };
  expect(() => elasticNet(tensor([1]), both)).toThrow('Choose one parametrisation.');
  expect(() => softThreshold(tensor([1]), -1)).toThrow('the threshold must be >= 0, got -1.');
  expect(() => softThreshold(tensor([1]), tensor([Number.NaN]))).toThrow(RangeError);
  expect(() => proxL1(tensor([1]), { lambda: 1, step: -1 })).toThrow('proxL1: step');
});

test('the relatives say what is wrong with their own options', () => {
  const w = tensor([[1, -2]]);
  expect(() => bridge(w, { lambda: 1, p: 0 })).toThrow(
    'bridge: p must be finite and > 0, got 0.\n  To count weights there is the L0 penalty.',
  );
  expect(() => bridge(w, { lambda: 1, p: 1, eps: -1 })).toThrow('eps must be finite and >= 0');
  expect(() => huberPenalty(w, { lambda: 1, delta: 0 })).toThrow(
    'huberPenalty: delta must be finite and > 0, got 0.',
  );
  expect(() => smoothL1Penalty(w, { lambda: 1, beta: new Cell(tensor(-1)) })).toThrow(
    'smoothL1Penalty: beta must be finite and > 0',
  );
  expect(() => groupLasso(w, { lambda: 1, axis: 2 })).toThrow(
    'groupLasso: there is no axis 2 in shape [1, 2].',
  );
  expect(() => groupLasso(tensor(1), { lambda: 1 })).toThrow(ShapeError);
  expect(() => l1(w, { lamda: 1 } as never)).toThrow('l1: unknown option "lamda"');
});

test('a Huber penalty takes its width from a cell, and differentiates through it', () => {
  const w = tensor([3, -0.5], { dtype: 'float64' });
  const delta = tensor(1);
  expect(huberPenalty(w, { lambda: 1, delta: new Cell(delta) }).item()).toBe(2.625);
  // d/ddelta of delta (|w| - delta / 2) is |w| - delta for the large weight, 0 for the small one.
  expect(grad((d: Tensor) => huberPenalty(w, { lambda: 1, delta: d }))(delta).item()).toBe(2);
});

test('priors do not underflow for small scales, and their scale can be learned', () => {
  const w = tensor(new Float64Array([1e-200, -2e-200]));
  const scale = 1e-200;
  expect(gaussianPrior(w, { sigma: scale }).item()).toBeCloseTo(
    2.5 + Math.log(2 * Math.PI) + 2 * Math.log(scale),
    9,
  );
  const sigma = tensor(2, { dtype: 'float64' });
  const data = tensor(new Float64Array([1, -2, 3]));
  const [value, slope] = valueAndGrad((s: Tensor) => gaussianPrior(data, { sigma: s }))(sigma);
  expect(value.item()).toBeCloseTo(gaussianPrior(data, { sigma: 2 }).item(), 12);
  // d/ds (14 / (2 s^2) + 3 log s) = -14 / s^3 + 3 / s
  expect(slope.item()).toBeCloseTo(-14 / 8 + 3 / 2, 12);
  const b = valueAndGrad((s: Tensor) => laplacePrior(data, { scale: s }))(sigma);
  expect(b[0].item()).toBeCloseTo(laplacePrior(data, { scale: 2 }).item(), 12);
  // d/db (6 / b + 3 log(2 b)) = -6 / b^2 + 3 / b
  expect(b[1].item()).toBeCloseTo(-6 / 4 + 3 / 2, 12);
});

test('the soft threshold keeps NaN, meets its kink with derivative 0 and takes a threshold per element', () => {
  expect(softThreshold(tensor([Number.NaN]), 1).item()).toBeNaN();
  expect(softThreshold(tensor([Infinity, -Infinity]), 1).toArray()).toEqual([Infinity, -Infinity]);
  const slope = grad((v: Tensor) => softThreshold(v, 1).sum());
  expect(slope(tensor([1, -1, 0.5, 2, -2])).toArray()).toEqual([0, 0, 0, 1, 1]);
  expect(softThreshold(tensor([3, -3]), tensor([1, 2])).toArray()).toEqual([2, -1]);
});

test('the Frobenius norm does not overflow and has gradient 0 at 0', () => {
  expect(frobeniusNorm(tensor(new Float64Array([3e200, 4e200]))).item()).toBeCloseTo(5e200, -188);
  expect(grad((w: Tensor) => frobeniusNorm(w))(zeros([2, 2])).toArray()).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test('of nothing is 0 in the dtype of the network, so that it adds to its loss', () => {
  const biases = { b: parameter(tensor([1], { dtype: 'float64' })) };
  const filter = () => false;
  const values = [
    l2(biases, { lambda: 1, filter }),
    l1(biases, { lambda: 1, filter }),
    elasticNet(biases, { lambda1: 1, lambda2: 1, filter }),
  ];
  for (const value of values) expect([value.dtype, value.item()]).toEqual(['float64', 0]);
});

test('options that do not exist or do not go together are refused', () => {
  const w = tensor([1, -2]);
  const unknown = (call: () => unknown): void => expect(call).toThrow('unknown option "sigmas"');
  unknown(() => gaussianPrior(w, { sigma: 1, sigmas: 1 } as never));
  unknown(() => laplacePrior(w, { scale: 1, sigmas: 1 } as never));
  unknown(() => proxL1(w, { lambda: 1, step: 1, sigmas: 1 } as never));
  unknown(() => proxL2(w, { lambda: 1, step: 1, sigmas: 1 } as never));
  unknown(() => proxElasticNet(w, { lambda1: 1, lambda2: 1, step: 1, sigmas: 1 } as never));
  unknown(() => spectralNormValue(zeros([2, 2]), { sigmas: 1 } as never));
  expect(() => elasticNet(w, { alpha: 1, l1ratio: 0.9 } as never)).toThrow(
    'elasticNet: unknown option "l1ratio".',
  );
  expect(() => elasticNet(w, { lambda1: 1, lambda2: 1, l1Ratio: 0.9 } as never)).toThrow(
    'elasticNet: l1Ratio shares out alpha, and there is none.',
  );
  expect(() => l2(w, { lambda: 1, half: 'yes' } as never)).toThrow(
    'l2: half must be true or false, got',
  );
});
