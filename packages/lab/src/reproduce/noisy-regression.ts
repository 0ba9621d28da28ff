import {
  add,
  broadcastTo,
  matmul,
  mul,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { dropout } from '@tikhonov/nn';
import { gaussianDropout, marginalDropoutPenalty } from '@tikhonov/regularizers';

/** What the inputs of a linear model are multiplied by. */
export type InputNoise = 'bernoulli' | 'classic' | 'gaussian';

/** A linear regression: inputs `[n, d]` and responses `[n]`. */
export interface Regression {
  readonly x: Tensor;
  readonly y: Tensor;
}

const float64 = { dtype: 'float64' } as const;

/** Columns that differ in size and go together, so that the scaled ridge is not the plain one. */
export function regression(seed: number, [n, d]: readonly [number, number]): Regression {
  const key = random.foldIn(random.key(seed), `problem ${n} x ${d}`);
  const draw = (name: string, shape: readonly number[]): Tensor =>
    random.normal(random.foldIn(key, name), [...shape], float64);
  const sizes = tensor(
    Array.from({ length: d }, (_, k) => 0.6 + (0.9 * k) / (d - 1)),
    float64,
  );
  const x = mul(add(draw('own', [n, d]), mul(draw('common', [n, 1]), 0.7)), sizes);
  const y = add(matmul(x, draw('weights', [d])), draw('noise', [n]));
  return { x, y };
}

/** The inputs with noise; given noise is a mask, or standard normal values. */
export function noisy(
  x: Tensor,
  noise: InputNoise,
  p: number,
  source: { readonly rng: Tensor } | { readonly given: Tensor },
): Tensor {
  const given = 'given' in source;
  if (noise === 'gaussian') {
    const from = given ? { normal: source.given } : { rng: source.rng };
    return gaussianDropout(x, { p, training: true, ...from });
  }
  const mode = noise === 'classic' ? 'classic' : 'inverted';
  const from = given ? { mask: source.given } : { rng: source.rng };
  return dropout(x, { p, mode, training: true, ...from });
}

/** Squared errors of the rows. */
export const squaredErrors = (x: Tensor, { y }: Regression, w: Tensor): Tensor =>
  square(sub(y, matmul(x, w)));

/** The expected sum of squares as theory has it. */
export function ridgeLoss({ x, y }: Regression, noise: InputNoise, p: number, w: Tensor): Tensor {
  const mode = noise === 'classic' ? 'classic' : 'inverted';
  const clean = mode === 'classic' ? mul(x, 1 - p) : x;
  return add(sum(squaredErrors(clean, { x, y }, w)), marginalDropoutPenalty(x, w, p, { mode }));
}

/**
 * The expected sum of squares over all masks. Of normal noise, which enters squared at most, the values -1 and 1
 * have all the moments that count: Gauss quadrature with two nodes is exact.
 */
export function enumeratedLoss(
  small: Regression,
  noise: InputNoise,
  p: number,
): (w: Tensor) => Tensor {
  const [n, d] = small.x.shape as [number, number];
  const all = Array.from({ length: 2 ** (n * d) }, (_, bits) =>
    Array.from({ length: n * d }, (_, k) => (bits >> k) & 1),
  );
  const share = (bit: number): number => (noise === 'gaussian' ? 0.5 : bit === 1 ? 1 - p : p);
  const weights = tensor(
    all.map((bits) => bits.reduce((product, bit) => product * share(bit), 1)),
    float64,
  );
  const values = all.map((bits) => bits.map((bit) => (noise === 'gaussian' ? 2 * bit - 1 : bit)));
  const given = tensor(values, float64).reshape([all.length, n, d]);
  const inputs = noisy(broadcastTo(small.x, given.shape), noise, p, { given });
  return (w) => sum(mul(weights, sum(squaredErrors(inputs, small, w), { axis: 1 })));
}
