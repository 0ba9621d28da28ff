export { concatKernel, padKernel } from './assemble.ts';
export { broadcastShapes } from './broadcast.ts';
export { allocate, type DType, dtypeOf, dtypes, isFloating, type TypedArray } from './dtype.ts';
export {
  type BinaryLoop,
  binaryKernel,
  mapKernel,
  selectKernel,
  type UnaryLoop,
  unaryKernel,
  zipKernel,
} from './elementwise.ts';
export { erfcKernel, erfKernel } from './erf.ts';
export { erfinvKernel } from './erfinv.ts';
export { gatherKernel, scatterAddKernel } from './gather.ts';
export { choleskyKernel } from './linalg/cholesky.ts';
export { cofactorKernel } from './linalg/cofactor.ts';
export { eighKernel } from './linalg/eigh.ts';
export { matrixExpKernel } from './linalg/expm.ts';
export { detKernel, inverseKernel, slogdetKernel, solveKernel } from './linalg/lu.ts';
export { pinvKernel } from './linalg/pinv.ts';
export { qrKernel } from './linalg/qr.ts';
export { svdKernel } from './linalg/svd.ts';
export { type TriangularSystem, triangularSolveKernel } from './linalg/triangular.ts';
export { matmulKernel } from './matmul.ts';
export { broadcastView, flipView, permuteView, reshapeView, sliceView } from './movement.ts';
export { fromNdarray, type NdarrayLike, toNdarray } from './ndarray.ts';
export {
  argmaxKernel,
  type FoldLoop,
  maxKernel,
  normKernel,
  reduceKernel,
  sumKernel,
} from './reduce.ts';
export { cumsumKernel } from './scan.ts';
export { isShared } from './shared.ts';
export { argsortKernel } from './sort.ts';
export {
  contiguous,
  copyAs,
  eachRow,
  emptyView,
  isContiguous,
  rowMajorStrides,
  type Shape,
  sameShape,
  sizeOf,
  type View,
  viewOf,
} from './view.ts';
export { sumWindowsKernel, type WindowSteps, windowsView } from './windows.ts';
