import { add, eye, linalg as la, matmul, transpose } from '@tikhonov/core';
import { type Adapter, type Attrs, binary, unary } from './adapter.ts';

const triangle = ({ upper }: Attrs): { upper?: boolean } => (upper === undefined ? {} : { upper });

/** Linear algebra. */
export const linalg: Readonly<Record<string, Adapter>> = {
  cholesky: ([x], attrs) => la.cholesky(x!, triangle(attrs)),
  cholesky_of_gram: ([x], attrs) =>
    la.cholesky(
      add(matmul(x!, transpose(x!)), eye(x!.shape.at(-2)!, { dtype: x!.dtype })),
      triangle(attrs),
    ),
  inverse: unary(la.inverse),
  det: unary(la.det),
  slogdet: unary((x) => la.slogdet(x).logabsdet),
  solve: binary(la.solve),
  svdvals: unary(la.svdvals),
  spectral_norm_value: unary(la.spectralNorm),
  nuclear_norm: unary(la.nuclearNorm),
  frobenius_norm: unary((x) => la.matrixNorm(x, { ord: 'fro' })),
  eigvalsh: unary(la.eigvalsh),
  triangular_solve: ([a, b], attrs) => la.triangularSolve(a!, b!, triangle(attrs)),
  matrix_exp: unary(la.matrixExp),
};
