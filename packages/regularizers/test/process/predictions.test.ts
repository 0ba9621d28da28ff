import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import {
  Cell,
  DTypeError,
  grad,
  ones,
  random,
  ShapeError,
  softmax,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import {
  bootstrapTargets,
  confidencePenalty,
  consistencyPenalty,
  distillationLoss,
  disturbLabels,
  entropyMinimization,
  entropyOfLogits,
  findMethod,
  meanTeacherTerm,
  piModelTerm,
  plainPlan,
} from '../../src/index.ts';

const labels = tensor([0, 1], { dtype: 'int32' });
const logits = random.normal(random.key(1), [2, 3], { dtype: 'float64' });
const other = random.normal(random.key(2), [2, 3], { dtype: 'float64' });

describe('distillationLoss', () => {
  test('at temperature 1 has the gradient (p - q) / N, and none for the teacher', () => {
    const slope = grad((z: Tensor) => distillationLoss(z, other))(logits).data();
    const want = softmax(logits).sub(softmax(other)).div(2).data();
    for (const [k, x] of slope.entries()) expect(x).toBeCloseTo(want[k]!, 14);
    const none = grad((t: Tensor) => distillationLoss(logits, t).add(t.sum().mul(0)))(other);
    expect(Array.from(none.data())).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('for a high temperature becomes the squared distance of centred logits / 2 K', () => {
    const [a, b] = [logits, other].map((z) => z.sub(z.mean({ axis: 1, keepdims: true })));
    const gap = a!.sub(b!);
    const want = gap.mul(gap).sum().item() / 2 / 2 / 3;
    expect(distillationLoss(logits, other, { temperature: 1e4 }).item()).toBeCloseTo(want, 3);
  });

  test('is 0 for a student that agrees, and refuses temperatures and shapes that are wrong', () => {
    expect(distillationLoss(logits, logits, { temperature: 3 }).item()).toBe(0);
    expect(() => distillationLoss(logits, other, { temperature: 0 })).toThrow(
      'distillationLoss: temperature must be finite and > 0, got 0.',
    );
    expect(() => distillationLoss(logits, ones([2, 4], { dtype: 'float64' }))).toThrow(
      'distillationLoss: both predictions must have the same shape, got [2, 3] and [2, 4].',
    );
  });
});

describe('penalties of predictions', () => {
  test('say what logits and strengths must be', () => {
    expect(() => confidencePenalty(ones([3]), { beta: 1 })).toThrow(
      'confidencePenalty: logits must be [n, classes] with at least one sample, got shape [3].',
    );
    expect(() => entropyMinimization(labels.reshape([1, 2]), { lambda: 1 })).toThrow(DTypeError);
    expect(() => entropyMinimization(logits, { lambda: -1 })).toThrow(
      'entropyMinimization: lambda must be finite and >= 0, got -1.',
    );
    expect(() => consistencyPenalty(logits, ones([1, 3]), { lambda: 1 })).toThrow(ShapeError);
    const measure = 'l1' as 'kl';
    expect(() => consistencyPenalty(logits, other, { lambda: 1, measure })).toThrow(
      "measure must be 'mse' or 'kl', got 'l1'.",
    );
    expect(() => piModelTerm({ lambda: 1, sigma: -1 })).toThrow(/sigma must be finite and >= 0/);
    expect(() => meanTeacherTerm({}, { lambda: 1, decay: 1 })).toThrow(RangeError);
  });

  test('keep float32, and an impossible class has entropy 0', () => {
    expect(confidencePenalty(ones([1, 2]), { beta: 1 }).dtype).toBe('float32');
    const z = tensor([[0, -Infinity, 0]]);
    expect(entropyOfLogits(z).item()).toBeCloseTo(Math.LN2, 6);
    const slope = grad((x: Tensor) => entropyOfLogits(x).sum())(z);
    expect(Array.from(slope.data()).every(Number.isFinite)).toBe(true);
  });

  test('take a strength from a cell that changes while a compiled step runs', () => {
    const beta = new Cell(tensor(0, { dtype: 'float64' }));
    const value = compile((z: Tensor) => confidencePenalty(z, { beta }));
    expect(value(logits).item()).toBeCloseTo(0, 15);
    beta.write(tensor(0.5, { dtype: 'float64' }));
    expect(value(logits).item()).toBeCloseTo(confidencePenalty(logits, { beta: 0.5 }).item(), 12);
    expect(value.traces).toBe(1);
  });
});

describe('bootstrapTargets', () => {
  test('refuses shares, labels and modes that are wrong', () => {
    expect(() => bootstrapTargets(logits, labels, { beta: 1.5 })).toThrow(
      'bootstrapTargets: beta must be in [0, 1], got 1.5.',
    );
    const share = new Cell(tensor(2));
    expect(() => bootstrapTargets(logits, labels, { beta: share })).toThrow(RangeError);
    const wrong = tensor([0, 3], { dtype: 'int32' });
    expect(() => bootstrapTargets(logits, wrong)).toThrow(RangeError);
    expect(() => bootstrapTargets(logits, tensor([0], { dtype: 'int32' }))).toThrow(
      'bootstrapTargets: labels [1] do not fit logits [2, 3].',
    );
    const mode = 'medium' as 'soft';
    expect(() => bootstrapTargets(logits, labels, { mode })).toThrow(TypeError);
  });
});

describe('disturbLabels', () => {
  test('keeps the dtype of labels and refuses others', () => {
    const y = disturbLabels(tensor([0, 1]), { rate: 1, classes: 2, key: random.key(0) });
    expect(y.dtype).toBe('float32');
    expect(() => disturbLabels(labels, { rate: 2, classes: 2, key: random.key(0) })).toThrow(
      'disturbLabels: rate must be in [0, 1], got 2.',
    );
    expect(() => disturbLabels(ones([2, 3]), { rate: 1, classes: 2, key: random.key(0) })).toThrow(
      'disturbLabels: labels must be [n], or rows of probabilities [n, 2], got shape [2, 3].',
    );
  });
});

test('augmentations of images say so where rows are none', () => {
  const task = { classes: 2, features: 3, imageShape: null, rows: 4 };
  for (const id of ['random-shift', 'random-flip', 'cutout', 'cutmix']) {
    const { transforms } = findMethod(id).recipe(plainPlan, {});
    expect(() => transforms[0]!({ task, key: random.key(0) })).toThrow(
      `${id}: the rows of this data are no images.\n  Choose a data set of images`,
    );
  }
});
