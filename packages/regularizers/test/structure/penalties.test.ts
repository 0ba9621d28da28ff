import { describe, expect, test } from '@jest/globals';
import { random, type Tensor, valueAndGrad } from '@tikhonov/core';
import {
  type MLP,
  mlp,
  spectralNormalization,
  weightNorm,
  weightStandardization,
} from '@tikhonov/nn';
import {
  bridge,
  countNonzero,
  groupLasso,
  huberPenalty,
  l1,
  l2,
  l2Sp,
  nuclearNorm,
  orthogonality,
  type PenaltyTarget,
  pathNorm,
  spectralNorm,
  weissi,
  withBottleneck,
} from '../../src/index.ts';

const network = (): MLP => mlp([3, 5, 2], { seed: 0, dtype: 'float64' });

const penalties: Readonly<Record<string, (params: PenaltyTarget) => Tensor>> = {
  l1: (params) => l1(params, { lambda: 1 }),
  l2: (params) => l2(params, { lambda: 1 }),
  bridge: (params) => bridge(params, { lambda: 1, p: 1.5 }),
  huberPenalty: (params) => huberPenalty(params, { lambda: 1 }),
  groupLasso: (params) => groupLasso(params, { lambda: 1 }),
  nuclearNorm: (params) => nuclearNorm(params, { lambda: 1 }),
  orthogonality: (params) => orthogonality(params, { lambda: 1 }),
  pathNorm: (params) => pathNorm(params, { lambda: 1 }),
  spectralNorm: (params) => spectralNorm(params, { lambda: 1, exact: true })(),
  weissi: (params) => weissi(params, { lambda1: 1 }),
};

const ways: Readonly<Record<string, (model: MLP) => MLP>> = {
  'weight normalization': (model) => weightNorm(model),
  'weight standardization': (model) => weightStandardization(model),
  'spectral normalization': (model) => spectralNormalization(model, { seed: 1 }),
  'two of them': (model) => weightStandardization(weightNorm(model)),
};

describe.each(Object.entries(ways))('a penalty of a network with %s', (_way, put) => {
  test.each(Object.entries(penalties))('is of what the layers see: %s', (_name, penalty) => {
    const model = put(network());
    const seen = model.layers.map(({ weight }) => weight.read());
    expect(penalty(model).item()).toBeCloseTo(penalty(seen).item(), 10);
    const stored = model.namedParameters();
    const [, slopes] = valueAndGrad(() => penalty(model), {
      createGraph: false,
      unreached: 'zeros',
    })(stored);
    const original = Object.keys(stored).find((name) => name.includes('original'))!;
    expect(slopes[original]!.data().every(Number.isFinite)).toBe(true);
  });
});

test('weight normalization does not change what penalties are, and its parts get gradients', () => {
  const [plain, model] = [network(), weightNorm(network())];
  expect(l2(model, { lambda: 1 }).item()).toBeCloseTo(l2(plain, { lambda: 1 }).item(), 12);
  expect(countNonzero(model)).toBe(25);
  const lengths = model.namedParameters()['layers.0.parametrizations.weight.original0']!;
  l2(model, { lambda: 1 }).backward();
  // The squared norm is the sum of the squared lengths.
  const want = lengths.read().mul(2).data();
  for (const [i, slope] of lengths.grad!.data().entries()) expect(slope).toBeCloseTo(want[i]!, 12);
});

test('the stored parameters can still be penalized, and filters see the names of layers', () => {
  const model = weightNorm(network());
  const names: string[] = [];
  l2(model, { lambda: 1, filter: (name) => names.push(name) > 0 });
  expect(names.sort()).toEqual([
    'layers.0.bias',
    'layers.0.weight',
    'layers.1.bias',
    'layers.1.weight',
  ]);
  const stored = l2(model.namedParameters(), { lambda: 1 }).item();
  expect(stored).toBeGreaterThan(l2(model, { lambda: 1 }).item());
});

test('L2-SP takes its starting point from before, and refuses one of stored parameters', () => {
  const model = network();
  const reference = model.parameterValues();
  weightNorm(model);
  expect(l2Sp(model, { alpha: 1, reference }).item()).toBeCloseTo(0, 20);
  expect(() => l2Sp(model, { alpha: 1, reference: model.parameterValues() })).toThrow(
    'l2Sp: the reference has "layers.0.parametrizations.weight.original0", of which a weight is computed',
  );
});

test('the path norm says what to leave out of a network with a bottleneck', () => {
  const model = withBottleneck(network(), { key: random.key(0) });
  expect(() => pathNorm(model, { lambda: 1 })).toThrow('leave out with { filter }');
  const filter = (name: string): boolean => /^layers\.\d+\.weight$/.test(name);
  const layers = model.layers.map(({ weight }) => weight);
  expect(pathNorm(model, { lambda: 1, filter }).item()).toBe(
    pathNorm(layers, { lambda: 1 }).item(),
  );
});
