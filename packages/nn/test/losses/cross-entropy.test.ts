import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  type DType,
  DTypeError,
  grad,
  hvp,
  random,
  ShapeError,
  softmax,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import { crossEntropy, l1Loss, mse, smoothLabels } from '../../src/index.ts';

const int = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const float64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' });
const logits = random.normal(random.key(0), [5, 4], { dtype: 'float64', std: 2 });
const labels = int([3, 0, 1, 1, 2]);

/** Largest difference, for values of order 1 in float64. */
const gap = (a: Tensor, b: Tensor): number => {
  expect(a.shape).toEqual(b.shape);
  const other = b.data();
  return Array.from(a.data()).reduce((most, x, i) => Math.max(most, Math.abs(x - other[i]!)), 0);
};

describe('crossEntropy', () => {
  test('its gradient is (softmax - target) / n, smoothed or not', () => {
    for (const labelSmoothing of [0, 0.3]) {
      const f = (z: Tensor): Tensor => crossEntropy(z, labels, { labelSmoothing });
      const q = smoothLabels(labels, { smoothing: labelSmoothing, classes: 4, dtype: 'float64' });
      expect(gap(grad(f)(logits), softmax(logits).sub(q).div(5))).toBeLessThan(1e-15);
    }
  });

  test('its second derivative agrees with differences of its gradient', () => {
    const v = random.normal(random.key(1), [5, 4], { dtype: 'float64' });
    const weight = [0.5, 2, 1, 3];
    const options = [{}, { labelSmoothing: 0.2 }, { weight }, { weight, labelSmoothing: 0.2 }];
    for (const option of options) {
      const f = (z: Tensor): Tensor => crossEntropy(z, labels, option);
      const h = 1e-5;
      const ahead = grad(f)(logits.add(v.mul(h)));
      const behind = grad(f)(logits.sub(v.mul(h)));
      // Truncation h^2/6 * third derivative (< 10 here), rounding 1e-16 / h.
      expect(gap(hvp(f, [logits], [v])[0], ahead.sub(behind).div(2 * h))).toBeLessThan(1e-9);
    }
  });

  test('labels and their one-hot rows agree', () => {
    const rows = smoothLabels(labels, { smoothing: 0, classes: 4, dtype: 'float64' });
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      for (const labelSmoothing of [0, 0.1]) {
        const options = { reduction, labelSmoothing };
        const hard = crossEntropy(logits, labels, options);
        expect(gap(hard, crossEntropy(logits, rows, options))).toBeLessThan(1e-14);
      }
    }
  });

  test('takes any leading axes', () => {
    const options = { reduction: 'none' } as const;
    const z = random.normal(random.key(2), [2, 3, 4], { dtype: 'float64' });
    const y = [0, 1, 2, 3, 3, 1];
    const flat = crossEntropy(z.reshape([6, 4]), int(y), options);
    const deep = crossEntropy(z, int(y).reshape([2, 3]), options);
    expect(deep.shape).toEqual([2, 3]);
    expect(deep.data()).toEqual(flat.data());
    const weight = [1, 2, 3, 4];
    expect(crossEntropy(z, int(y).reshape([2, 3]), { weight }).item()).toBeCloseTo(
      crossEntropy(z.reshape([6, 4]), int(y), { weight }).item(),
      13,
    );
  });

  test('is finite for logits of 1e3 and more', () => {
    const z = float64([
      [1e4, 0],
      [0, -1e4],
    ]);
    const f = (x: Tensor): Tensor => crossEntropy(x, int([1, 0]), { reduction: 'sum' });
    expect(f(z).item()).toBe(1e4);
    expect(grad(f)(z).toArray()).toEqual([
      [1, -1],
      [0, 0],
    ]);
  });

  test('a class with target 0 contributes 0 at -Infinity, one with q > 0 Infinity', () => {
    const z = float64([[0, -Infinity, 0]]);
    const rows = float64([[0.5, 0, 0.5]]);
    const hard = (x: Tensor): Tensor => crossEntropy(x, int([0]));
    const soft = (x: Tensor): Tensor => crossEntropy(x, rows);
    const off = new Cell(tensor(0, { dtype: 'float64' }));
    const annealed = (x: Tensor): Tensor => crossEntropy(x, int([0]), { labelSmoothing: off });
    for (const f of [hard, soft, annealed]) {
      expect(f(z).item()).toBeCloseTo(Math.LN2, 15);
      const g = grad(f)(z).data();
      expect(Array.from(g).every(Number.isFinite)).toBe(true);
      expect(g[1]).toBe(0);
      expect(Array.from(hvp(f, [z], [float64([[1, 1, 2]])])[0].data()).every(Number.isFinite)).toBe(
        true,
      );
    }
    expect(crossEntropy(z, int([1])).item()).toBe(Infinity);
    expect(crossEntropy(z, int([0]), { labelSmoothing: 0.1 }).item()).toBe(Infinity);
    const weight = [1, 0, 1];
    expect(crossEntropy(z, int([0]), { labelSmoothing: 0.1, weight }).item()).toBeLessThan(1);
  });

  test('weights: PyTorch divides the mean by the weights of the labels', () => {
    const weight = [0.5, 2, 1, 3];
    const each = crossEntropy(logits, labels, { reduction: 'none' }).data();
    const ws = Array.from(labels.data(), (y) => weight[y]!);
    const total = ws.reduce((sum, w) => sum + w, 0);
    const want = ws.reduce((sum, w, i) => sum + w * each[i]!, 0) / total;
    expect(crossEntropy(logits, labels, { weight }).item()).toBeCloseTo(want, 14);
    // With smoothing the other classes' terms carry their own weights; the divisor stays.
    const q = smoothLabels(labels, { smoothing: 0.2, classes: 4, dtype: 'float64' });
    const soft = crossEntropy(logits, q, { weight, reduction: 'sum' }).item() / total;
    expect(crossEntropy(logits, labels, { weight, labelSmoothing: 0.2 }).item()).toBeCloseTo(
      soft,
      14,
    );
    // Probability rows: the mean is over samples.
    expect(crossEntropy(logits, q, { weight }).item()).toBeCloseTo((soft * total) / 5, 14);
  });

  test('smoothing in a cell acts as the number and can change', () => {
    const eps = new Cell(tensor(0.1, { dtype: 'float64' }));
    const f = (): number => crossEntropy(logits, labels, { labelSmoothing: eps }).item();
    expect(f()).toBe(crossEntropy(logits, labels, { labelSmoothing: 0.1 }).item());
    eps.write(tensor(0, { dtype: 'float64' }));
    expect(f()).toBeCloseTo(crossEntropy(logits, labels).item(), 14);
    eps.write(tensor(1, { dtype: 'float64' }));
    expect(f).toThrow(/crossEntropy: labelSmoothing must be in \[0, 1\), got/);
  });

  test('probability rows get a gradient too, -log p', () => {
    const rows = softmax(random.normal(random.key(3), [5, 4], { dtype: 'float64' }));
    const g = grad((q: Tensor) => crossEntropy(logits, q, { reduction: 'sum' }))(rows);
    const p = softmax(logits).data();
    expect(g.data().every((x, i) => Math.abs(x + Math.log(p[i]!)) < 1e-13)).toBe(true);
  });

  test('a target of 0 hides nothing but -Infinity: its own gradient and a NaN logit stay', () => {
    const z = float64([[1, 3]]);
    const g = grad((q: Tensor) => crossEntropy(z, q))(float64([[1, 0]]));
    expect(g.data()[1]).toBeCloseTo(Math.log1p(Math.exp(-2)), 14);
    expect(crossEntropy(float64([[1, Number.NaN]]), float64([[1, 0]])).item()).toBeNaN();
  });

  test('floating labels are accepted if they are integers', () => {
    const z = zeros([2, 3]);
    expect(crossEntropy(z, tensor([0, 2])).item()).toBeCloseTo(Math.log(3), 6);
    expect(() => crossEntropy(z, tensor([0, 1.5]))).toThrow(
      /labels must be integers in \[0, 3\), got 1\.5 at position 1/,
    );
  });

  test.each([
    [3, 'got 3 at position 1'],
    [-1, 'got -1 at position 1'],
  ])('label %p is out of range', (bad, text) => {
    const call = (): Tensor => crossEntropy(zeros([2, 3]), int([0, bad]));
    expect(call).toThrow(RangeError);
    expect(call).toThrow(text);
    const smoothed = { labelSmoothing: 0.1 };
    expect(() => crossEntropy(zeros([2, 3]), int([0, bad]), smoothed)).toThrow(text);
  });

  test('sizes and kinds that do not fit say so', () => {
    const z = zeros([2, 3]);
    expect(() => crossEntropy(z, int([0, 1, 2]))).toThrow(
      new ShapeError(
        'crossEntropy: labels int32 [3] do not fit logits [2, 3].\n' +
          '  Give integer labels of shape [2], or floating probability rows of shape [2, 3].',
      ),
    );
    expect(() => crossEntropy(z, zeros([2, 3], { dtype: 'float64' }))).toThrow(DTypeError);
    expect(() =>
      crossEntropy(
        z,
        tensor([
          [-0.1, 1, 0.1],
          [1, 0, 0],
        ]),
      ),
    ).toThrow(/target probabilities must be >= 0/);
    expect(() => crossEntropy(tensor(1), int([0]))).toThrow(ShapeError);
    expect(() => crossEntropy(z, tensor([true, false]))).toThrow(DTypeError);
    expect(() => crossEntropy(z, int([0, 1]), { labelSmoothing: 1 })).toThrow(RangeError);
    expect(() => crossEntropy(z, int([0, 1]), { weight: [1, 2] })).toThrow(ShapeError);
    expect(() => crossEntropy(z, int([0, 1]), { weight: [1, -2, 1] })).toThrow(RangeError);
    expect(() => crossEntropy(z, int([0, 0]), { weight: [0, 1, 1] })).toThrow(/sum to 0/);
    expect(() => crossEntropy(zeros([0, 3]), int([]))).toThrow(ShapeError);
    const reduction = 'average' as 'mean';
    expect(() => crossEntropy(z, int([0, 1]), { reduction })).toThrow(
      new TypeError(`crossEntropy: reduction must be 'mean', 'sum' or 'none', got "average".`),
    );
  });
});

describe('smoothLabels', () => {
  test('rows sum to 1 in both modes', () => {
    for (const mode of ['uniform', 'others'] as const) {
      const q = smoothLabels(labels, { smoothing: 0.3, classes: 4, mode, dtype: 'float64' });
      for (const total of q.sum({ axis: 1 }).data())
        expect(Math.abs(total - 1)).toBeLessThan(1e-15);
    }
  });

  test('others(eps (K - 1) / K) is uniform(eps)', () => {
    const dtype: DType = 'float64';
    const uniform = smoothLabels(labels, { smoothing: 0.2, classes: 4, dtype });
    const others = smoothLabels(labels, { smoothing: 0.15, classes: 4, mode: 'others', dtype });
    expect(gap(uniform, others)).toBeLessThan(1e-15);
  });

  test('probability rows are mixed; the other mode needs hard labels', () => {
    const rows = float64([[1, 0]]);
    expect(gap(smoothLabels(rows), float64([[0.95, 0.05]]))).toBeLessThan(1e-15);
    expect(() => smoothLabels(rows, { mode: 'others' })).toThrow(TypeError);
    expect(() => smoothLabels(labels)).toThrow(/need the number of classes/);
    expect(() => smoothLabels(int([0]), { classes: 1, mode: 'others' })).toThrow(RangeError);
    expect(() => smoothLabels(int([4]), { classes: 4 })).toThrow(/got 4 at position 0/);
    const mode = 'all' as 'others';
    expect(() => smoothLabels(labels, { classes: 4, mode })).toThrow(TypeError);
  });
});

describe('mse and l1Loss', () => {
  test('nothing is broadcast', () => {
    for (const loss of [mse, l1Loss]) {
      expect(() => loss(zeros([3, 1]), zeros([3]))).toThrow(ShapeError);
    }
    expect(() => mse(zeros([3, 1]), zeros([3]))).toThrow(
      'mse: prediction [3, 1] and target [3] differ in shape.',
    );
  });

  test('where prediction and target agree the gradients are 0', () => {
    const y = float64([1, 2]);
    for (const loss of [mse, l1Loss]) {
      expect(grad((x: Tensor) => loss(x, y))(y).toArray()).toEqual([0, 0]);
    }
  });

  test('the second derivative of mse is 2 / n', () => {
    const f = (x: Tensor): Tensor => mse(x, float64([0, 0, 0, 0]));
    const v = float64([1, 2, 3, 4]);
    expect(hvp(f, [v], [v])[0].toArray()).toEqual([0.5, 1, 1.5, 2]);
  });
});
