import { describe, expect, test } from '@jest/globals';
import { type DType, oneHot, random, relu, type Tensor, tensor } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import { compiled } from './compiled.ts';

const [batch, features, hidden, classes, steps] = [16, 9, 21, 5, 100];

/** A network with dropout and batch norm, in training by Adam. */
function training(dtype: DType) {
  const model = nn.astype(
    new nn.Sequential(
      // A bias before batch norm has a gradient of 0: Adam would make steps of its rounding errors.
      new nn.Linear(features, hidden, { seed: 1, bias: false }),
      new nn.BatchNorm1d(hidden),
      relu,
      new nn.Dropout({ p: 0.3 }),
      new nn.Linear(hidden, classes, { seed: 2 }),
    ),
    dtype,
  );
  const optimizer = optim.adam(model, { lr: 1e-2 });
  const step = (x: Tensor, labels: Tensor, rng: Tensor): Tensor[] => [
    optimizer.minimize(() => nn.crossEntropy(model.forward(x, { training: true, rng }), labels)),
  ];
  const state = (): Record<string, Tensor> => ({ ...model.stateDict(), ...optimizer.stateDict() });
  return { step, state };
}

/** The batch of a step: a class shifts one of the features. */
function batchOf(at: number, dtype: DType): [x: Tensor, labels: Tensor, rng: Tensor] {
  const key = random.foldIn(random.key(7), at);
  const labels = random.randint(random.foldIn(key, 'labels'), [batch], 0, classes);
  const noise = random.normal(random.foldIn(key, 'noise'), [batch, features], { dtype });
  const x = noise.add(oneHot(labels, features, { dtype }).mul(3));
  return [x, labels, key];
}

/** The largest difference, relative to the largest element. */
function relativeError(got: Tensor, want: Tensor): number {
  const [a, b] = [got.data(), want.data()];
  const scale = Math.max(...b.map(Math.abs), 1e-300);
  return Math.max(0, ...Array.from(a, (x, i) => Math.abs(x - b[i]!))) / scale;
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

/** Losses of all steps, and the state after them. */
function run(dtype: DType, transform: typeof compiled) {
  const { step, state } = training(dtype);
  const call = transform(step as (...args: Tensor[]) => Tensor[]);
  const losses = Array.from({ length: steps }, (_, at) => call(...batchOf(at, dtype))[0]!.item());
  return { losses, state: state() };
}

describe('a hundred steps of training with dropout, batch norm and Adam', () => {
  test.each([
    // Rounding grows along a trajectory; the loss is what users see of it.
    ['float64', 1e-10, 1e-10],
    ['float32', 1e-4, Infinity],
  ] as const)('agree in %s', (dtype, ofLoss, ofState) => {
    const [got, want] = [run(dtype, compiled), run(dtype, (f) => f)];
    for (const [at, loss] of want.losses.entries()) {
      expect(Math.abs(got.losses[at]! - loss)).toBeLessThanOrEqual(ofLoss * Math.max(1, loss));
    }
    expect(mean(want.losses.slice(-10))).toBeLessThan(0.7 * mean(want.losses.slice(0, 10)));
    expect(Object.keys(got.state)).toEqual(Object.keys(want.state));
    for (const [name, value] of Object.entries(want.state)) {
      const other = got.state[name]!;
      expect([name, other.dtype, other.shape]).toEqual([name, value.dtype, value.shape]);
      const exact = !value.dtype.startsWith('float');
      expect(relativeError(other, value)).toBeLessThanOrEqual(exact ? 0 : ofState);
    }
  });

  test.each(['float64', 'float32'] as const)('refuse labels out of range, in %s', (dtype) => {
    const attempt = (transform: typeof compiled) => {
      const { step, state } = training(dtype);
      const call = transform(step as (...args: Tensor[]) => Tensor[]);
      call(...batchOf(0, dtype));
      const before = Object.entries(state()).map(([name, x]) => [name, [...x.data()]]);
      const [x, labels, rng] = batchOf(1, dtype);
      const wrong = labels.add(
        tensor(
          Array.from({ length: batch }, (_, i) => (i === 5 ? 9 : 0)),
          { dtype: 'int32' },
        ),
      );
      let message = 'none';
      try {
        call(x, wrong, rng);
      } catch (error) {
        message = String(error);
      }
      const after = Object.entries(state()).map(([name, value]) => [name, [...value.data()]]);
      const [next] = call(...batchOf(2, dtype));
      return {
        message,
        unchanged: JSON.stringify(before) === JSON.stringify(after),
        next: next!.item(),
      };
    };
    const [got, want] = [attempt(compiled), attempt((f) => f)];
    expect(want.message).toContain('RangeError');
    expect(want.message).toMatch(/, got \d+ at position 5\./);
    expect(got.message).toBe(want.message);
    expect(got.unchanged).toBe(true);
    expect(Math.abs(got.next - want.next)).toBeLessThanOrEqual(
      (dtype === 'float64' ? 1e-12 : 1e-5) * want.next,
    );
  });
});
