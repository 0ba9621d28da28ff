import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { random, ShapeError, type Tensor, tensor } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import { Conv2d, crossEntropy, Flatten, Linear, mlp, Sequential } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import { fit, type StepContext } from '@tikhonov/train';
import {
  selfOrthogonality,
  selfOrthogonalityOfOutputs,
  selfOrthogonalityTerm,
  signCorrelations,
} from '../../src/index.ts';

const w = tensor([
  [1, 0.2],
  [0.3, 1],
  [-1, 0.5],
]);
const x = random.normal(random.key(1), [6, 2]);

describe('selfOrthogonalityTerm', () => {
  const conv = new Conv2d(1, 3, 2, { seed: 1 });
  const linear = new Linear(12, 2, { seed: 2 });
  const model = new Sequential(conv, new Flatten(), linear);
  const images = random.normal(random.key(3), [5, 1, 3, 3]);

  /** Trains for one step, and returns what the term was. */
  async function termOf(options: Parameters<typeof selfOrthogonalityTerm>[1]): Promise<number> {
    const term = selfOrthogonalityTerm(model, options);
    let value: Tensor | null = null;
    const spied = (context: StepContext): Tensor => {
      value = term(context);
      return value;
    };
    const { usesActivations } = term;
    await fit(model, {
      train: new Dataset({ x: images, y: tensor([0, 1, 0, 1, 0], { dtype: 'int32' }), classes: 2 }),
      loss: crossEntropy,
      optimizer: sgd(model, { lr: 0 }),
      penalties: [Object.assign(spied, usesActivations === undefined ? {} : { usesActivations })],
      epochs: 1,
      batchSize: 5,
      seed: 0,
      compiled: false,
    });
    return value!.item();
  }

  const strengths = { lambda1: 0.5, lambda2: 2, gamma: 1 };

  test('sums over convolutions and linear layers, from outputs less biases', async () => {
    const outputs = conv.forward(images);
    const want = [
      selfOrthogonalityOfOutputs(outputs.sub(conv.bias!.reshape([3, 1, 1])), strengths),
      selfOrthogonality(linear.weight.read(), { ...strengths, x: outputs.reshape([5, 12]) }),
    ].map((each) => each.item());
    expect(await termOf(strengths)).toBeCloseTo(want[0]! + want[1]!, 4);
    expect(await termOf({ ...strengths, detachInput: true })).toBeCloseTo(want[0]! + want[1]!, 4);
    const only = { ...strengths, filter: (name: string) => name.endsWith('2') };
    expect(await termOf(only)).toBeCloseTo(want[1]!, 4);
  });

  test('needs no activations for the angles', async () => {
    expect(selfOrthogonalityTerm(model, { estimator: 'exact' }).usesActivations).toBeUndefined();
    const want = [conv, linear].map(({ weight }) =>
      selfOrthogonality(weight.read(), { ...strengths, estimator: 'exact' }).item(),
    );
    expect(await termOf({ ...strengths, estimator: 'exact' })).toBeCloseTo(want[0]! + want[1]!, 4);
    expect(await termOf({ ...strengths, estimator: 'random' })).toBeGreaterThan(0);
  });

  test('names the layer that a step did not call, and a model without layers', () => {
    const other = mlp([2, 3, 2], { seed: 0 });
    const term = selfOrthogonalityTerm(other);
    expect(() => term({ activations: {} } as StepContext)).toThrow(
      'the step did not call the layer "layers.0".',
    );
    expect(() => selfOrthogonalityTerm(other, { filter: () => false })).toThrow(
      'selfOrthogonalityTerm: the model has no layer of kind Linear',
    );
  });
});

test('float32 and compiled functions give what float64 gives', () => {
  const wide = tensor(w.data(), { shape: [3, 2], dtype: 'float64' });
  const options = { lambda1: 0.5, lambda2: 1 };
  for (const how of [{ estimator: 'exact' }, { x }, { x, gamma: Infinity }] as const) {
    const precise =
      'x' in how ? { ...how, x: tensor(x.data(), { shape: [6, 2], dtype: 'float64' }) } : how;
    const want = selfOrthogonality(wide, { ...options, ...precise }).item();
    expect(selfOrthogonality(w, { ...options, ...how }).item()).toBeCloseTo(want, 4);
    const program = compile((weight: Tensor) => selfOrthogonality(weight, { ...options, ...how }));
    expect(program(w).item()).toBeCloseTo(want, 4);
  }
});

test('parallel rows count as correlated, and give no NaN', () => {
  const parallel = tensor(
    [
      [1, 2],
      [2, 4],
      [-1, -2],
    ],
    { dtype: 'float64' },
  );
  const v = signCorrelations(parallel, { estimator: 'exact' });
  expect(v.data()[1]).toBeCloseTo(1, 5);
  expect(v.data()[2]).toBeCloseTo(-1, 5);
  expect(selfOrthogonality(parallel, { estimator: 'exact' }).item()).toBeGreaterThan(0);
});

test('messages say what was wrong and what to do', () => {
  expect(() => selfOrthogonality(tensor([1, 2]), { estimator: 'exact' })).toThrow(ShapeError);
  expect(() => selfOrthogonality(w)).toThrow(
    "signCorrelations: estimator 'self' needs x, the input of the layer.",
  );
  expect(() => selfOrthogonality(w, { estimator: 'random' })).toThrow('needs x or a key');
  expect(() => selfOrthogonality(w, { x: tensor([[1, 2, 3]]) })).toThrow(
    'x must be [n, 2] for rows of 2 weights, got [1, 3].',
  );
  expect(() => selfOrthogonality(w, { x, gamma: 0 })).toThrow('gamma must be finite and > 0');
  expect(() => selfOrthogonality(w, { x, lambda1: -1 })).toThrow(
    'selfOrthogonality: lambda1 must be finite and >= 0, got -1.',
  );
  expect(() => selfOrthogonality(w, { x, reduction: 'max' as never })).toThrow(TypeError);
  expect(() => signCorrelations(w, { estimator: 'angles' as never })).toThrow(
    'unknown estimator angles',
  );
  const key = random.key(0);
  expect(() => signCorrelations(w, { estimator: 'random', key, samples: 0 })).toThrow(RangeError);
  expect(() => selfOrthogonalityOfOutputs(tensor([1, 2]))).toThrow(
    'needs outputs [n, units, ...], got shape [2].',
  );
});

test('one unit alone is free', () => {
  expect(selfOrthogonality(tensor([[1, 2]]), { estimator: 'exact' }).item()).toBe(0);
});
