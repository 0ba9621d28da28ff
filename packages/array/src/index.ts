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
export { gatherKernel, scatterAddKernel } from './gather.ts';
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
export { singularValues } from './singular-values.ts';
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
