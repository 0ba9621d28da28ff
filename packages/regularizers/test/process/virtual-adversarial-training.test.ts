import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import {
  add,
  Cell,
  type DType,
  DTypeError,
  grad,
  matmul,
  norm,
  ones,
  random,
  ShapeError,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import {
  klOfLogits,
  localDistributionalSmoothness,
  semiSupervisedVat,
  vat,
  vatPerturbation,
  vatTerm,
} from '../../src/index.ts';

const key = random.key(4);
const draw = (name: string, shape: readonly number[], dtype: DType = 'float64'): Tensor =>
  random.normal(random.foldIn(key, name), shape, { dtype });
const forward =
  (w: Tensor) =>
  (x: Tensor): Tensor =>
    tanh(matmul(x, transpose(w)));
const f = forward(draw('w', [3, 4]));
const x = draw('x', [5, 4]);

describe('virtual adversarial training', () => {
  test('gives the same gradient with and without a derivative around it', () => {
    const w = draw('w', [3, 4]);
    const loss = (v: Tensor): Tensor => vat(forward(v), x, { epsilon: 0.5, key });
    const slope = grad(loss)(w);
    // Scaled by a factor that is itself differentiated.
    const around = grad((c: Tensor) => sum(grad((v: Tensor) => loss(v).mul(c))(w)));
    expect(around(tensor(2, { dtype: 'float64' })).item()).toBeCloseTo(slope.sum().item(), 10);
  });

  test('finds the same direction in float32 as in float64, in both modes', () => {
    const w = draw('w', [3, 4]);
    const d0 = draw('d', [5, 4]);
    for (const mode of ['hvp', 'finite-difference'] as const) {
      const options = { epsilon: 1, nPowerIterations: 2, mode };
      const wide = vatPerturbation(forward(w), x, { ...options, d0 });
      const narrow = vatPerturbation(forward(w.astype('float32')), x.astype('float32'), {
        ...options,
        d0: d0.astype('float32'),
      });
      expect(narrow.dtype).toBe('float32');
      const away = norm(sub(narrow.astype('float64'), wide), { axis: 1 })
        .max()
        .item();
      // Roundings of 6e-8 divided by xi = 1e-3, twice over.
      expect(away).toBeLessThan(mode === 'hvp' ? 1e-4 : 2e-2);
    }
  });

  test('draws another direction for another key, in a compiled function too', () => {
    const compiled = compile((k: Tensor) => vatPerturbation(f, x, { epsilon: 1, key: k }));
    const [one, same, other] = [compiled(key), compiled(key), compiled(random.key(9))];
    expect(same.toArray()).toEqual(one.toArray());
    expect(other.toArray()).not.toEqual(one.toArray());
    expect(compiled.traces).toBe(1);
    const eager = vatPerturbation(f, x, { epsilon: 1, key });
    expect(norm(sub(one, eager)).item()).toBeLessThan(1e-9);
  });

  test('takes its size from a cell', () => {
    const epsilon = new Cell(tensor(0.5, { dtype: 'float64' }));
    const compiled = compile((k: Tensor) =>
      norm(vatPerturbation(f, x, { epsilon, key: k }), { axis: 1 }),
    );
    expect(compiled(key).data()[0]).toBeCloseTo(0.5, 12);
    epsilon.write(tensor(2, { dtype: 'float64' }));
    expect(compiled(key).data()[0]).toBeCloseTo(2, 12);
    epsilon.write(tensor(0, { dtype: 'float64' }));
    expect(() => compiled(key)).toThrow('vatPerturbation: epsilon must be finite and > 0');
  });

  test('measures lengths over all axes but the first', () => {
    const images = draw('images', [2, 1, 2, 2]);
    const g = (rows: Tensor): Tensor => f(rows.reshape([2, 4]));
    const r = vatPerturbation(g, images, { epsilon: 0.7, key });
    expect(r.shape).toEqual([2, 1, 2, 2]);
    for (const length of norm(r.reshape([2, 4]), { axis: 1 }).data()) {
      expect(length).toBeCloseTo(0.7, 12);
    }
  });

  test('stays near another target if it is given one', () => {
    const target = draw('target', [5, 3]);
    const options = { epsilon: 1e-9, key, target };
    const want = klOfLogits(target, f(x)).mean().item();
    expect(vat(f, x, options).item()).toBeCloseTo(want, 7);
    expect(() => vat(f, x, { epsilon: 1, key, target: zeros([5, 2]) })).toThrow(ShapeError);
  });

  test('is defined for probabilities that underflow', () => {
    const sharp = (rows: Tensor): Tensor => f(rows).mul(1e4);
    const value = vat(sharp, x, { epsilon: 1e-4, key }).item();
    expect(Number.isFinite(value) && value >= 0).toBe(true);
  });

  test('refuses bad sizes, counts, modes and divergences', () => {
    const call = (options: object) => () => vat(f, x, { epsilon: 1, key, ...options });
    expect(call({ epsilon: 0 })).toThrow('vat: epsilon must be finite and > 0, got 0.');
    expect(call({ alpha: -1 })).toThrow('vat: alpha must be finite and >= 0, got -1.');
    expect(call({ nPowerIterations: -1 })).toThrow(
      'vat: nPowerIterations must be an integer >= 0, got -1.',
    );
    expect(call({ mode: 'finite-difference', xi: 0 })).toThrow(
      'vat: xi must be finite and > 0, got 0.',
    );
    expect(call({ mode: 'exact' })).toThrow(
      "vat: mode must be 'hvp' or 'finite-difference', got 'exact'.",
    );
    expect(call({ divergence: (_a: Tensor, b: Tensor) => b.mean() })).toThrow(
      'vat: the divergence must give one number per sample, [5], got shape [].',
    );
    expect(call({ d0: ones([5, 3]) })).toThrow(
      'vat: d0 must have the shape of x, [5, 4], got [5, 3].',
    );
    expect(call({ strength: 1 })).toThrow(/unknown option "strength"/);
    expect(() => vat(f, x, { epsilon: 1 })).toThrow(
      /^vat: needs a random key, or the first direction d0\./,
    );
    expect(() => vat(f, x.astype('int32'), { epsilon: 1, key })).toThrow(DTypeError);
    expect(() => vatTerm({ epsilon: 1, unlabelledRows: 0 })).toThrow(
      'vatTerm: unlabelledRows must be an integer >= 1, got 0.',
    );
    // @ts-expect-error: a term draws its directions itself
    expect(() => vatTerm({ epsilon: 1, d0: x })).toThrow(/unknown option "d0"/);
    expect(() => localDistributionalSmoothness(f, x, ones([4]))).toThrow(
      'localDistributionalSmoothness: r must have the shape of x, [5, 4], got [4].',
    );
    expect(
      localDistributionalSmoothness(f, x, zerosLike(x))
        .data()
        .every((d) => Math.abs(d) < 1e-15),
    ).toBe(true);
  });
});

test('the semi-supervised objective takes any loss, and rows of one shape', () => {
  const options = { epsilon: 0.5, key };
  const batch = { x, y: zeros([5], { dtype: 'int32' }), unlabelled: draw('u', [7, 4]) };
  const loss = (output: Tensor): Tensor => output.sum();
  const parts = semiSupervisedVat(f, batch, { ...options, loss });
  expect(parts.supervised.item()).toBeCloseTo(f(x).sum().item(), 12);
  expect(parts.loss.item()).toBeCloseTo(add(parts.supervised, parts.smoothness).item(), 12);
  const wrong = { ...batch, unlabelled: draw('u', [7, 3]) };
  expect(() => semiSupervisedVat(f, wrong, options)).toThrow(ShapeError);
});
