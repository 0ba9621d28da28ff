import '../methods.ts';

export { norm } from '../ops/norm.ts';
export { cholesky, choleskySolve } from './cholesky.ts';
export { det, slogdet } from './det.ts';
export { eigh, eigvalsh } from './eigh.ts';
export { matrixExp } from './matrix-exp.ts';
export {
  cond,
  type MatrixNormOptions,
  type MatrixOrder,
  matrixNorm,
  nuclearNorm,
  spectralNorm,
  type VectorNormOptions,
  vectorNorm,
} from './norms.ts';
export { lstsq, type PinvOptions, pinv } from './pinv.ts';
export { qr } from './qr.ts';
export { inverse, inverse as inv, matrixPower, solve } from './solve.ts';
export { svd, svdvals } from './svd.ts';
export { type TriangularSolveOptions, triangularSolve } from './triangular-solve.ts';
