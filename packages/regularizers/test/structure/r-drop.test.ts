import { expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { ones, random, type Tensor, tensor } from '@tikhonov/core';
import { BatchNorm1d, Dropout, Linear, mlp, Sequential } from '@tikhonov/nn';
import { rDrop, rDropLoss, rDropTerm, symmetricKl } from '../../src/index.ts';

const z = tensor([
  [1, 2, 0],
  [0, 0, 1],
]);
const labels = tensor([0, 2], { dtype: 'int32' });

test('refuses what it cannot use, and says what to do', () => {
  expect(() => rDropLoss(z, z, labels, { alpha: -1 })).toThrow(
    new RangeError('rDropLoss: alpha must be finite and >= 0, got -1.'),
  );
  expect(() => rDropLoss(z, ones([2, 2]), labels)).toThrow(
    'rDropLoss: both predictions must have the same shape, got [2, 3] and [2, 2].',
  );
  expect(() => rDropLoss(z, z, tensor([0, 1]))).toThrow(
    "rDropLoss: labels must be integers, got float32.\n  Cast with astype('int32').",
  );
  expect(() => rDropLoss(z, z, tensor([0], { dtype: 'int32' }))).toThrow(
    'rDropLoss: labels must be [2] for logits [2, 3], got [1].',
  );
  expect(() => rDropLoss(z, z, tensor([0, 3], { dtype: 'int32' }))).toThrow(RangeError);
  expect(() => rDropLoss(z, z, labels, { padMask: tensor([1, 1]) })).toThrow(
    /^rDropLoss: there is no position to take the mean over/,
  );
  expect(() => rDropLoss(z, z, labels, { padMask: tensor([0, 0.5]) })).toThrow(
    /^rDropLoss: padMask must hold 1 \(left out\) and 0/,
  );
  expect(() => rDropLoss(z, z, labels, { sampleWeight: tensor([1, -1]) })).toThrow(
    /^rDropLoss: sampleWeight must be finite and >= 0/,
  );
  expect(() => rDropLoss(z, z, labels, { nll: 'both' as 'sum' })).toThrow(
    new TypeError(`rDropLoss: nll must be 'sum' or 'mean', got "both".`),
  );
  expect(() => rDropTerm({ nll: 'both' as 'sum' })).toThrow(TypeError);
  expect(() => rDropTerm({ alpha: -1 })).toThrow(RangeError);
  expect(() => symmetricKl(tensor(1), tensor(1))).toThrow(
    'symmetricKl: logits must be [..., classes] with at least one class, got [].',
  );
  const model = mlp([2, 3, 3], { seed: 0, dropout: 0.5 });
  expect(() => rDrop(model, ones([2, 2]), labels)).toThrow(/training needs a random key/);
});

test('sequences have a loss for each position; classes that are impossible in both add nothing', () => {
  const [a, b] = [random.normal(random.key(0), [2, 4, 3]), random.normal(random.key(1), [2, 4, 3])];
  const y = tensor(new Int32Array(8), { shape: [2, 4] });
  expect(rDropLoss(a, b, y, { reduction: 'none' }).shape).toEqual([2, 4]);
  expect(rDropLoss(a, b, y).dtype).toBe('float32');
  const masked = tensor([[0, -Infinity]]);
  expect(symmetricKl(masked, masked).toArray()).toEqual([0]);
  const empty = tensor([], { shape: [0, 3] });
  const none = tensor(new Int32Array(0));
  expect(rDropLoss(empty, empty, none, { reduction: 'sum' }).item()).toBe(0);
  expect(() => rDropLoss(empty, empty, none)).toThrow(RangeError);
});

test('running statistics move in the first pass only, and compiled passes have the same masks', () => {
  const make = (): Sequential =>
    new Sequential(
      new Linear(2, 8, { seed: 0 }),
      new BatchNorm1d(8),
      new Dropout(),
      new Linear(8, 3, { seed: 1 }),
    );
  const x = random.normal(random.key(2), [2, 2]);
  const [model, once] = [make(), make()];
  const rng = random.key(3);
  const eager = rDrop(model, x, labels, { rng });
  once.forward(x, { training: true, rng });
  expect(JSON.stringify(model.stateDict())).toBe(JSON.stringify(once.stateDict()));
  const before = JSON.stringify(model.stateDict());
  rDrop(model, x, labels, { rng, updateState: false });
  expect(JSON.stringify(model.stateDict())).toBe(before);
  const compiled = compile((rows: Tensor) => rDrop(model, rows, labels, { rng }));
  expect(compiled(x).item()).toBeCloseTo(eager.item(), 5);
});
