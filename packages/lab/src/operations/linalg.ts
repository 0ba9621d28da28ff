import type { Operation } from '@tikhonov/check';
import { operation } from '@tikhonov/check';
import { add, linalg, matmul, type Tensor, tensor, transpose } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';

const nonEmpty = 'drawn with elements, so that it is well conditioned';

/** Noise on a fixed diagonal of 2, 4, 6: invertible, with singular values and pivots apart. */
function spread(draw: CaseDraw, m: number, n: number): Tensor {
  const diagonal = Float64Array.from({ length: m * n }, (_, i) =>
    Math.floor(i / n) === i % n ? 2 * ((i % n) + 1) : 0,
  );
  const noise = draw.tensor([m, n], { min: -0.3, max: 0.3 });
  return add(noise, tensor(diagonal, { shape: [m, n] }));
}

const symmetric = (x: Tensor): Tensor => add(x, transpose(x)).mul(0.5);
const positive = (x: Tensor): Tensor => add(matmul(x, transpose(x)), 0);

const of = (
  name: string,
  draws: (draw: CaseDraw, n: number) => ReturnType<Operation['cases']>,
  note?: string,
): Operation =>
  operation(`linalg.${name}`, (draw) => draws(draw, draw.integer(1, 3)), {
    nonEmpty,
    ...(note === undefined ? {} : { note }),
  });

/** Linear algebra. Vectors that are defined up to a sign enter by products that are not. */
export const linearAlgebra: readonly Operation[] = [
  of('cholesky', (draw, n) => [(x) => linalg.cholesky(positive(x!)), spread(draw, n, n)]),
  of('choleskySolve', (draw, n) => [
    (x, b) => linalg.choleskySolve(linalg.cholesky(positive(x!)), b!),
    spread(draw, n, n),
    draw.tensor([n, 2]),
  ]),
  of('triangularSolve', (draw, n) => {
    const options = { upper: draw.pick([false, true]), transpose: draw.pick([false, true]) };
    return [
      (a, b) => linalg.triangularSolve(a!, b!, options),
      spread(draw, n, n),
      draw.tensor([n, 2]),
    ];
  }),
  of('solve', (draw, n) => [
    (a, b) => linalg.solve(a!, b!),
    spread(draw, n, n),
    draw.tensor([n, 2]),
  ]),
  of('inverse', (draw, n) => [(x) => linalg.inverse(x!), spread(draw, n, n)]),
  of('inv', (draw, n) => [(x) => linalg.inv(x!), spread(draw, n, n)]),
  of('norm', (draw, n) => [(x) => linalg.norm(x!), draw.tensor([n], { avoid: [0] })]),
  of('det', (draw, n) => [(x) => linalg.det(x!), spread(draw, n, n)]),
  of('slogdet', (draw, n) => [(x) => linalg.slogdet(x!), spread(draw, n, n)]),
  of('matrixPower', (draw, n) => {
    const power = draw.integer(-1, 3);
    return [(x) => linalg.matrixPower(x!, power), spread(draw, n, n).mul(0.3)];
  }),
  of('matrixExp', (draw, n) => [(x) => linalg.matrixExp(x!), spread(draw, n, n).mul(0.3)]),
  of('qr', (draw, n) => [(x) => linalg.qr(x!), spread(draw, n + draw.integer(0, 1), n)]),
  of(
    'eigh',
    (draw, n) => [
      (x) => {
        const { values, vectors } = linalg.eigh(symmetric(x!));
        return [values, matmul(vectors.mul(vectors), values.expandDims(-1))];
      },
      spread(draw, n, n),
    ],
    'differences of equal eigenvalues count as infinite',
  ),
  of('eigvalsh', (draw, n) => [(x) => linalg.eigvalsh(symmetric(x!)), spread(draw, n, n)]),
  of(
    'svd',
    (draw, n) => [
      (x) => {
        const { u, s, vh } = linalg.svd(x!);
        return [s, matmul(u, vh)];
      },
      spread(draw, n + draw.integer(0, 1), n),
    ],
    'differences of equal singular values count as infinite',
  ),
  of('svdvals', (draw, n) => [(x) => linalg.svdvals(x!), spread(draw, n, n + 1)]),
  of('pinv', (draw, n) => [(x) => linalg.pinv(x!), spread(draw, n + 1, n)]),
  of('lstsq', (draw, n) => [
    (a, b) => linalg.lstsq(a!, b!),
    spread(draw, n + 1, n),
    draw.tensor([n + 1, 2]),
  ]),
  of('cond', (draw, n) => [(x) => linalg.cond(x!), spread(draw, n, n)]),
  of('matrixNorm', (draw, n) => {
    const ord = draw.pick(['fro', 'nuc', 2] as const);
    return [(x) => linalg.matrixNorm(x!, { ord }), spread(draw, n, n)];
  }),
  of('spectralNorm', (draw, n) => [(x) => linalg.spectralNorm(x!), spread(draw, n, n)]),
  of('nuclearNorm', (draw, n) => [(x) => linalg.nuclearNorm(x!), spread(draw, n, n)]),
  of('vectorNorm', (draw, n) => [(x) => linalg.vectorNorm(x!), draw.tensor([n], { avoid: [0] })]),
];
