import { describe, expect, test } from '@jest/globals';
import {
  add,
  grad,
  hvp,
  linalg,
  matmul,
  mul,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '../../src/index.ts';
import { distance, double, noise, numbers } from '../support.ts';

const slope = (f: (x: Tensor) => Tensor, x: Tensor): Tensor => grad((at: Tensor) => sum(f(at)))(x);
const finite = (x: Tensor): boolean => numbers(x).every(Number.isFinite);
const identity = (n: number): Tensor =>
  tensor(
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    { shape: [n, n] },
  );

/** `d/dt` of a derivative along `v`, by the central difference of `f`'s gradient. */
function difference(f: (x: Tensor) => Tensor, x: Tensor, v: Tensor, h = 1e-5): Tensor {
  const at = (t: number): Tensor => slope(f, add(x, mul(v, t)));
  return mul(sub(at(h), at(-h)), 1 / (2 * h));
}

describe('det at singular matrices', () => {
  const rank2 = double([
    [1, 2, 3],
    [4, 5, 6],
    [5, 7, 9],
  ]);
  const rank1 = double([
    [1, 2, 3],
    [2, 4, 6],
    [3, 6, 9],
  ]);

  test('has the cofactors as its gradient', () => {
    expect(numbers(slope(linalg.det, rank2))).toEqual(
      [3, -6, 3, 3, -6, 3, -3, 6, -3].map((x) => expect.closeTo(x, 12)),
    );
    expect(distance(slope(linalg.det, rank1), zeros([3, 3], { dtype: 'float64' }))).toBeLessThan(
      1e-14,
    );
    expect(slope(linalg.det, double([[0]])).toArray()).toEqual([[1]]);
  });

  test('has exact second and third derivatives at every rank', () => {
    const v = noise([3, 3], 1);
    const w = noise([3, 3], 2);
    for (const x of [rank2, rank1, zeros([3, 3], { dtype: 'float64' })]) {
      const second = (at: Tensor): Tensor => hvp(linalg.det, [at], [v])[0];
      // det is a cubic: central differences of its gradient, a quadratic, are exact but for rounding.
      expect(distance(second(x), difference(linalg.det, x, v, 0.5))).toBeLessThan(1e-13);
      const third = hvp((at: Tensor) => sum(mul(second(at), w)), [x], [v])[0];
      expect(finite(third)).toBe(true);
      const along = (t: number): Tensor => slope((at) => mul(second(at), w), add(x, mul(v, t)));
      expect(distance(third, sub(along(0.5), along(-0.5)))).toBeLessThan(1e-13);
    }
  });

  test('has them beyond 12 x 12 too, where the second is by the inverse, and 0 if a pivot is 0', () => {
    const x = add(noise([13, 13], 3), mul(identity(13), 2));
    const v = noise([13, 13], 4);
    const scaled = (at: Tensor): Tensor => mul(linalg.det(at), 1e-3);
    expect(distance(hvp(scaled, [x], [v])[0], difference(scaled, x, v))).toBeLessThan(1e-6);
    const keep = tensor(Float64Array.from({ length: 13 }, (_, i) => (i === 0 ? 0 : 1)));
    const singular = mul(x, keep);
    const minor = linalg.det(slice(x, [{ start: 1 }, { start: 1 }]));
    expect(
      slice(slope(linalg.det, singular), [{ stop: 1 }, { stop: 1 }]).item() / minor.item(),
    ).toBeCloseTo(1, 12);
    expect(numbers(hvp(linalg.det, [singular], [v])[0]).every((h) => h === 0)).toBe(true);
  });
});

describe('slogdet at singular matrices', () => {
  test('is 0 and -Infinity, with gradient 0, and does not disturb the rest of a batch', () => {
    const x = double([
      [
        [1, 2],
        [2, 4],
      ],
      [
        [2, 0],
        [0, 4],
      ],
    ]);
    const { sign, logabsdet } = linalg.slogdet(x);
    expect(sign.toArray()).toEqual([0, 1]);
    expect(logabsdet.toArray()).toEqual([-Infinity, expect.closeTo(Math.log(8), 14)]);
    const f = (at: Tensor): Tensor => linalg.slogdet(at).logabsdet;
    expect(slope(f, x).toArray()).toEqual([
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0.5, 0],
        [0, 0.25],
      ],
    ]);
    expect(numbers(hvp((at: Tensor) => sum(f(at)), [x], [add(x, 1)])[0]).slice(0, 4)).toEqual([
      0, 0, 0, 0,
    ]);
  });
});

describe('singular values where some are equal or 0', () => {
  const cases: Readonly<Record<string, Tensor>> = {
    zero: zeros([3, 2], { dtype: 'float64' }),
    identity: identity(3),
    'rank 1': matmul(double([[1], [2], [3]]), double([[1, -1]])),
    'rank 1, wide': matmul(double([[1], [2]]), double([[1, -1, 4]])),
    'equal values, tall': double([
      [2, 0],
      [0, -2],
      [0, 0],
    ]),
    tiny: mul(identity(3), 1e-200),
    huge: mul(identity(2), 1e200),
  };

  test.each(Object.entries(cases))('%s: first derivatives are U diag(g) V^T', (_name, x) => {
    const g = noise([Math.min(...x.shape)], 5);
    const { u, vh } = linalg.svd(x);
    const got = slope((at) => mul(linalg.svdvals(at), g), x);
    expect(distance(got, matmul(mul(u, g), vh))).toBeLessThan(1e-14);
  });

  test.each(Object.entries(cases))(
    '%s: derivatives of the vectors and second ones are finite',
    (_name, x) => {
      const f = (at: Tensor): Tensor => {
        const { u, s, vh } = linalg.svd(at);
        return add(
          sum(mul(u, noise(u.shape, 1))),
          add(sum(square(s)), sum(mul(vh, noise(vh.shape, 2)))),
        );
      };
      expect(finite(slope(f, x))).toBe(true);
      expect(finite(hvp(f, [x], [noise(x.shape, 3)])[0])).toBe(true);
    },
  );

  test('the nuclear norm is the one whose subgradient has no part outside the range', () => {
    const x = cases['rank 1']!;
    const size = Math.sqrt(14 * 2);
    expect(distance(slope(linalg.nuclearNorm, x), mul(x, 1 / size))).toBeLessThan(1e-14);
    expect(numbers(slope(linalg.nuclearNorm, cases.zero!))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(distance(slope(linalg.nuclearNorm, cases.identity!), identity(3))).toBeLessThan(1e-14);
    expect(linalg.nuclearNorm(x).item()).toBeCloseTo(size, 12);
  });

  test('the spectral norm takes the first of equal pairs', () => {
    const { u, vh } = linalg.svd(identity(3));
    const first = matmul(slice(u, [null, { stop: 1 }]), slice(vh, [{ stop: 1 }]));
    expect(slope(linalg.spectralNorm, identity(3)).toArray()).toEqual(first.toArray());
    expect(finite(slope(linalg.spectralNorm, zeros([2, 2], { dtype: 'float64' })))).toBe(true);
  });

  test('the Frobenius norm has gradient 0 at the zero matrix', () => {
    expect(slope(linalg.matrixNorm, zeros([2, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('eigenvalues where some are equal', () => {
  test.each([
    ['identity', identity(3)],
    ['zero', zeros([3, 3], { dtype: 'float64' })],
    [
      'a plane',
      double([
        [2, 1, 1],
        [1, 2, 1],
        [1, 1, 2],
      ]),
    ],
    ['tiny', mul(identity(2), 1e-200)],
  ])('%s: values have derivatives V diag(g) V^T, all others are finite', (_name, x) => {
    const g = noise([x.shape[0]!], 5);
    const { vectors } = linalg.eigh(x);
    const got = slope((at) => mul(linalg.eigvalsh(at), g), x);
    expect(distance(got, matmul(mul(vectors, g), transpose(vectors)))).toBeLessThan(1e-14);
    const f = (at: Tensor): Tensor => {
      const { values, vectors: v } = linalg.eigh(at);
      return add(sum(square(values)), sum(mul(v, noise(v.shape, 1))));
    };
    expect(finite(slope(f, x))).toBe(true);
    expect(finite(hvp(f, [x], [noise(x.shape, 3)])[0])).toBe(true);
  });

  test('that differ by rounding count as equal: derivatives are not noise', () => {
    const { q } = linalg.qr(noise([4, 4], 9));
    const x = matmul(mul(q, double([1, 1, 1, 3])), transpose(q));
    const values = numbers(linalg.eigvalsh(x));
    expect(new Set(values.slice(0, 3)).size).toBeGreaterThan(1);
    const v = noise([4, 4], 3);
    const f = (at: Tensor): Tensor => sum(mul(linalg.eigh(at).vectors, v));
    expect(Math.max(...numbers(slope(f, x)).map(Math.abs))).toBeLessThan(4);
    const g = (at: Tensor): Tensor => sum(mul(linalg.svd(at).u, v));
    expect(Math.max(...numbers(slope(g, x)).map(Math.abs))).toBeLessThan(4);
  });

  test('are those of the symmetric part, with a symmetric gradient', () => {
    const x = noise([4, 4], 6);
    const even = mul(add(x, transpose(x)), 0.5);
    expect(linalg.eigvalsh(x).toArray()).toEqual(linalg.eigvalsh(even).toArray());
    for (const f of [
      linalg.eigvalsh,
      (at: Tensor) => linalg.cholesky(matmul(at, transpose(at)).add(identity(4))),
    ]) {
      expect(finite(slope(f, x))).toBe(true);
    }
    const g = slope((at) => square(linalg.eigvalsh(at)), x);
    expect(distance(g, transpose(g))).toBe(0);
    expect(distance(g, mul(even, 2))).toBeLessThan(1e-14);
    const h = slope(linalg.cholesky, add(x, mul(identity(4), 9)));
    expect(distance(h, transpose(h))).toBe(0);
  });
});

describe('pinv where the rank is not full', () => {
  test('has the derivative along directions that keep the rank', () => {
    const [u, v] = [noise([4, 2], 1), noise([2, 3], 2)];
    const [du, dv] = [noise([4, 2], 3), noise([2, 3], 4)];
    const at = (t: number): Tensor =>
      linalg.pinv(matmul(add(u, mul(du, t)), add(v, mul(dv, t))), { rcond: 1e-8 });
    const h = 1e-6;
    const direction = add(matmul(du, v), matmul(u, dv));
    const w = noise([3, 4], 5);
    const got = sum(
      mul(
        slope((x) => mul(linalg.pinv(x, { rcond: 1e-8 }), w), matmul(u, v)),
        direction,
      ),
    );
    const want = sum(mul(mul(sub(at(h), at(-h)), w), 1 / (2 * h)));
    expect(got.item() / want.item()).toBeCloseTo(1, 6);
  });

  test('of zeros is zeros, with gradient 0', () => {
    const x = zeros([3, 2]);
    expect(linalg.pinv(x).toArray()).toEqual(zeros([2, 3]).toArray());
    expect(slope(linalg.pinv, x).toArray()).toEqual(x.toArray());
  });
});

describe('the matrix exponential', () => {
  test('keeps its accuracy for huge and zero cotangents', () => {
    const x = noise([3, 3], 1);
    const plain = slope((at) => linalg.matrixExp(at), x);
    const large = slope((at) => mul(linalg.matrixExp(at), 2 ** 80), x);
    expect(distance(mul(large, 2 ** -80), plain)).toBeLessThan(1e-15);
    expect(numbers(slope((at) => mul(linalg.matrixExp(at), 0), x))).toEqual(new Array(9).fill(0));
  });
});
