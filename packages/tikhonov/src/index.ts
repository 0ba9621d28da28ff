export {
  allLowerings,
  type Compiled,
  CompileError,
  type CompileOptions,
  canCompile,
  compile,
  type EngineReport,
  type Explanation,
  type KernelTime,
  type Lowerings,
  standardLowerings,
} from '@tikhonov/compile';
export * from '@tikhonov/core';
export * as data from '@tikhonov/data';
export * as nn from '@tikhonov/nn';
export * as optim from '@tikhonov/optim';
export * as reg from '@tikhonov/regularizers';
export * as train from '@tikhonov/train';
