// For those who build on the engine: primitives, evaluators, checks, and what this project's own packages
// share. Users of tensors need none of it.
import './methods.ts';

export { isShared, type View } from '@tikhonov/array';
export { asTensor } from './as-tensor.ts';
export { bind, bindMulti } from './bind.ts';
export type { CaseDraw, ShapeRange, ValueRange } from './case-draw.ts';
export { newestCell, type Residence } from './cell.ts';
export {
  type Checks,
  type PrimitiveCase,
  type PrimitiveChecks,
  type RegisteredPrimitive,
  register,
} from './checks.ts';
export { type CondAttrs, condP } from './control/cond-primitive.ts';
export { dormant } from './control/dormant.ts';
export {
  type Constant,
  type Equation,
  hasEffect,
  type Region,
  regionsOf,
  runRegion,
  type Value,
} from './control/region.ts';
export { type WhileAttrs, whileP } from './control/while-primitive.ts';
export { fromView } from './create.ts';
export { kindOf, showShape, showValue } from './errors.ts';
export {
  type Evaluator,
  eager,
  isPlainCall,
  isRecording,
  type Payload,
  recomputationNow,
  type SymbolicValue,
  within,
} from './interpreter.ts';
export { type OptionNames, requireOptions } from './options.ts';
export {
  type AnyPrimitive,
  type Aval,
  type Control,
  defineMultiPrimitive,
  definePrimitive,
  erase,
  type Items,
  type MultiPrimitive,
  type Primitive,
} from './primitive.ts';
export { axpby } from './primitives/axpby.ts';
export { check } from './primitives/check.ts';
export * from './primitives/definitions.ts';
export { primitives } from './primitives/index.ts';
export { type Flat, flattenTree } from './tree.ts';
