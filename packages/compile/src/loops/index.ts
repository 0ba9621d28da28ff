export {
  type Access,
  type Batched,
  eachLeading,
  type FloatElements,
  type Index,
  type IntElements,
} from './elements.ts';
export type { F64, F64Variable } from './f64.ts';
export {
  type Addresses,
  type Callable,
  defineFunction,
  defineLoop,
  type LoopOptions,
  type Routine,
  routine,
} from './functions.ts';
export type { I32, I32Variable } from './i32.ts';
export type { I64, I64Variable } from './i64.ts';
export type { Kernel, Loop } from './kernel.ts';
export { shared } from './shared.ts';
export type { Scalar, ScalarOf } from './value.ts';
