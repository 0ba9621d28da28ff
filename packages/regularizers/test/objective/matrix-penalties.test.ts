import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import {
  Cell,
  grad,
  parameter,
  ShapeError,
  type Tensor,
  tensor,
  withValues,
  zeros,
} from '@tikhonov/core';
import { mlp } from '@tikhonov/nn';
import type { StepContext } from '@tikhonov/train';
import {
  clipWeights,
  l2Sp,
  lazily,
  nuclearNorm,
  orthogonality,
  pathNorm,
  spectralNorm,
  spectralNormPenalty,
} from '../../src/index.ts';

type Target = Parameters<typeof nuclearNorm>[0];
type Lambda = Parameters<typeof nuclearNorm>[1]['lambda'];

const penalties = {
  nuclearNorm: (params: Target, lambda: Lambda) => nuclearNorm(params, { lambda }),
  orthogonality: (params: Target, lambda: Lambda) => orthogonality(params, { lambda }),
  srip: (params: Target, lambda: Lambda) => orthogonality(params, { lambda, form: 'srip' }),
  cosine: (params: Target, lambda: Lambda) => orthogonality(params, { lambda, form: 'cosine' }),
  pathNorm: (params: Target, lambda: Lambda) => pathNorm(params, { lambda }),
};

describe.each(Object.entries(penalties))('%s', (_name, penalty) => {
  const w = tensor([
    [1, 0.5],
    [-0.3, 2],
  ]);

  test('of a network covers its weights; of nothing it is 0', () => {
    const model = mlp([3, 4, 2], { seed: 0 });
    const weights = [model.layers[0]!.weight, model.layers[1]!.weight];
    expect(penalty(model, 0.1).item()).toBe(penalty(weights, 0.1).item());
    expect(penalty([], 0.1).item()).toBe(0);
  });

  test('is the same in float64 and compiled, with a strength that a cell holds', () => {
    const value = penalty(w, 0.5).item();
    const precise = penalty(tensor(w.data(), { shape: [2, 2], dtype: 'float64' }), 0.5);
    expect(precise.dtype).toBe('float64');
    expect(precise.item()).toBeCloseTo(value, 5);
    const lambda = new Cell(tensor(0.5));
    const program = compile((x: Tensor) => grad((y: Tensor) => penalty(y, lambda))(x));
    const slope = grad((y: Tensor) => penalty(y, 1))(w).data();
    lambda.write(tensor(1));
    for (const [i, x] of program(w).data().entries()) expect(x).toBeCloseTo(slope[i]!, 4);
    expect(program.traces).toBe(1);
  });

  test('refuses vectors and bad strengths', () => {
    expect(() => penalty(tensor([1, 2]), 0.1)).toThrow(ShapeError);
    for (const bad of [-1, Number.NaN, Infinity]) expect(() => penalty(w, bad)).toThrow(RangeError);
  });
});

test('orthogonality names unknown forms and vectors', () => {
  const w = tensor([[1, 2]]);
  expect(() => orthogonality(w, { lambda: 1, form: 'soft' as never })).toThrow(
    'orthogonality: unknown form soft.\n  It takes so, dso, mc, srip, off-diagonal, cosine.',
  );
  expect(() => orthogonality(w, { lambda: 1, vectors: 'all' as never })).toThrow(
    "vectors must be 'rows', 'columns' or 'fewer', got all.",
  );
  expect(() => orthogonality(w, { lambda: 1, form: 'dso', vectors: 'rows' })).toThrow(
    "the form 'dso' is of rows and columns",
  );
});

test('the path norm says which layers do not fit', () => {
  const layers = [zeros([3, 2]), zeros([2, 4])];
  expect(() => pathNorm(layers, { lambda: 1 })).toThrow(
    'pathNorm: layer 1 of shape [2, 4] takes 4 values, and the one before gives 3.',
  );
  expect(() => pathNorm(zeros([3, 2, 1]), { lambda: 1 })).toThrow('is no matrix [out, in]');
  expect(() => pathNorm(zeros([3, 2]), { lambda: 1, biases: [] })).not.toThrow();
  expect(() => pathNorm(zeros([3, 2]), { lambda: 1, biases: [null, null] })).toThrow(
    'pathNorm: 2 biases for 1 layers.',
  );
  expect(() => pathNorm(zeros([3, 2]), { lambda: 1, biases: [zeros([2])] })).toThrow(
    'the bias of layer 0 has shape [2] instead of [3].',
  );
  expect(() => pathNorm(zeros([3, 2]), { lambda: 1, p: 0.5 })).toThrow(RangeError);
});

test('L2-SP says what has no starting point, or another shape', () => {
  const params = { a: tensor([1, 2]), b: tensor([3]) };
  expect(() => l2Sp(params, { alpha: 1, reference: { c: tensor([1]) } })).toThrow(
    'l2Sp: no parameter has a starting point: they are a, b, and the reference has c.',
  );
  expect(() => l2Sp(params, { alpha: 1, reference: { a: tensor([1]) } })).toThrow(
    'l2Sp: a has shape [2], its starting point [1].',
  );
  expect(l2Sp([], { alpha: 1, reference: [] }).item()).toBe(0);
  const model = mlp([3, 4, 2], { seed: 0 });
  const reference = model.parameterValues();
  expect(l2Sp(model, { alpha: 1, reference }).item()).toBe(0);
  for (const p of model.parameters()) p.write(p.read().add(1));
  // 12 and 8 weights, each 1 away; biases are not counted.
  expect(l2Sp(model, { alpha: 1, reference }).item()).toBeCloseTo(10, 5);
});

describe('lazily', () => {
  const contextOf = (updateState: boolean) => ({ updateState, dataLoss: tensor(0) }) as StepContext;

  test('takes the term in every third step, three times as strong', () => {
    const term = lazily(() => tensor(2), 3);
    const values = Array.from({ length: 7 }, () => term(contextOf(true)).item());
    expect(values).toEqual([6, 0, 0, 6, 0, 0, 6]);
    expect(term.state.count.read().item()).toBe(1);
  });

  test('stays where it is in further evaluations of a step', () => {
    const term = lazily(() => tensor(2), 2);
    const values = [false, true, false, false, true].map((update) =>
      term(contextOf(update)).item(),
    );
    expect(values).toEqual([4, 4, 0, 0, 0]);
  });

  test('counts in compiled steps, and takes gradients in its turn', () => {
    const w = parameter(tensor([1, 2]));
    const term = lazily(() => w.mul(w).sum(), 2);
    const step = compile(() => {
      const slope = grad((x: Tensor) => withValues({ w }, { w: x }, () => term(contextOf(true))));
      return slope(w.read());
    });
    const slopes = Array.from({ length: 3 }, () => step().toArray());
    expect(slopes).toEqual([
      [4, 8],
      [0, 0],
      [4, 8],
    ]); // twice 2 w, and nothing in between
    expect(step.traces).toBe(1);
    expect(() => lazily(() => tensor(1), 0)).toThrow(
      'lazily: every must be an integer >= 1, got 0.',
    );
  });

  test('keeps that a term looks at activations', () => {
    const looking = Object.assign(() => tensor(1), { usesActivations: true });
    expect(lazily(looking, 2).usesActivations).toBe(true);
    expect(lazily(() => tensor(1), 2).usesActivations).toBeUndefined();
  });
});

test('an exact spectral norm has no state, and needs no start', () => {
  const w = tensor([
    [3, 0],
    [0, 1],
  ]);
  const penalty = spectralNorm(w, { lambda: 0.5, exact: true, half: true });
  expect(penalty().item()).toBeCloseTo(2.25, 6);
  expect(penalty.state).toEqual({});
  expect(() => spectralNormPenalty(w, { lambda: 1 })).toThrow(
    'spectralNormPenalty: there is no u to start from.',
  );
  expect(() => spectralNorm(tensor([1]), { lambda: 1, exact: true })).toThrow(ShapeError);
  const program = compile((x: Tensor) => spectralNormPenalty(x, { lambda: 1, exact: true }).loss);
  expect(program(w).item()).toBeCloseTo(9, 5);
  expect(spectralNormPenalty(zeros([0, 2]), { lambda: 1, exact: true }).loss.item()).toBe(0);
});

test('weights are clipped to a bound that a cell holds', () => {
  const bound = new Cell(tensor(1));
  const clip = clipWeights(bound);
  expect(clip(tensor([2, -0.5])).toArray()).toEqual([1, -0.5]);
  bound.write(tensor(0.25));
  expect(clip(tensor([2, -0.5])).toArray()).toEqual([0.25, -0.25]);
  expect(() => clipWeights(0)).toThrow('clipWeights: c must be finite and > 0, got 0.');
});
