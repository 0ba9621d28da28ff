import { expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  exp,
  grad,
  hvp,
  log,
  logSoftmax,
  ShapeError,
  softmax,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { crossEntropy, klDiv } from '../../src/index.ts';
import { double, finite, gap, normal } from '../numbers.ts';

const q = logSoftmax(normal(0, [3, 4]));
const p = softmax(normal(1, [3, 4]));

test.each(['mean', 'sum', 'none', 'batchmean'] as const)(
  'derivatives to order 2 in both arguments, reduction %s',
  (reduction) => {
    const plain = (a: Tensor, b: Tensor): Tensor => klDiv(a, b, { reduction });
    expect(assertGrads(plain, [q, p]).checked).toBeGreaterThan(0);
    const logs = (a: Tensor, b: Tensor): Tensor => klDiv(a, b, { reduction, logTarget: true });
    expect(assertGrads(logs, [q, log(p)]).checked).toBeGreaterThan(0);
  },
);

test('the reductions divide by samples, by elements, or not at all', () => {
  const total = klDiv(q, p, { reduction: 'sum' }).item();
  expect(klDiv(q, p, { reduction: 'batchmean' }).item()).toBeCloseTo(total / 3, 14);
  expect(klDiv(q, p).item()).toBeCloseTo(total / 12, 14);
  expect(klDiv(q, p, { reduction: 'none' }).sum().item()).toBeCloseTo(total, 14);
});

test('it is cross-entropy less entropy, >= 0, and 0 for equal distributions', () => {
  const z = normal(0, [3, 4]);
  const entropy = p.mul(log(p)).sum().neg().div(3);
  const want = crossEntropy(z, p).sub(entropy);
  const got = klDiv(q, p, { reduction: 'batchmean' });
  expect(gap(got, want)).toBeLessThan(1e-15);
  expect(got.item()).toBeGreaterThan(0);
  expect(Math.abs(klDiv(q, exp(q), { reduction: 'sum' }).item())).toBeLessThan(1e-15);
  expect(klDiv(q, q, { reduction: 'sum', logTarget: true }).item()).toBe(0);
});

test('a target of 0 contributes 0 with finite gradients, also at a prediction of 0', () => {
  const [logs, target] = [double([[Math.log(0.5), -Infinity]]), double([[1, 0]])];
  const cases: readonly [Tensor, boolean][] = [
    [target, false],
    [double([[0, -Infinity]]), true],
  ];
  for (const [to, logTarget] of cases) {
    const f = (a: Tensor, b: Tensor): Tensor => klDiv(a, b, { logTarget, reduction: 'sum' });
    expect(f(logs, to).item()).toBeCloseTo(Math.LN2, 15);
    const slopes = grad(([a, b]: readonly Tensor[]) => f(a!, b!))([logs, to]) as readonly Tensor[];
    expect(slopes.every(finite)).toBe(true);
    expect(slopes[0]!.data()[1]).toBeCloseTo(0);
    const curved = hvp(f, [logs, to], [double([[1, 1]]), double([[1, 1]])]);
    expect(curved.every(finite)).toBe(true);
  }
  expect(klDiv(double([-Infinity]), double([0.5])).item()).toBe(Infinity);
});

test('what does not fit says so', () => {
  expect(() => klDiv(q, log(p))).toThrow(
    /klDiv: the target must be >= 0, got [\s\S]*For log-probabilities pass \{ logTarget: true \}\./,
  );
  expect(() => klDiv(tensor(-1), tensor(1), { reduction: 'batchmean' })).toThrow(
    new ShapeError("klDiv: 'batchmean' needs samples along axis 0, got shape []."),
  );
  expect(() => klDiv(q, p, { reduction: 'median' as 'mean' })).toThrow(TypeError);
  expect(() => klDiv(q, p.reshape([4, 3]))).toThrow(ShapeError);
});
