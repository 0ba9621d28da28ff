export type { CaseDraw, ShapeRange, ValueRange } from '@tikhonov/core/engine';
export { default as fc } from 'fast-check';
export { agreementLaws } from './agreement/agreement-laws.ts';
export {
  type Agreement,
  agreement,
  difference,
  type Sharpness,
  type Transformation,
} from './agreement/compare.ts';
export { numericsOf } from './agreement/numerics.ts';
export {
  type Expected,
  type Experiment,
  type Predicted,
  type Prediction,
  predict,
} from './agreement/predict.ts';
export { caseDraw } from './arbitraries/case-draw.ts';
export { drawn } from './arbitraries/drawn.ts';
export type { Body, Call, ProgramParts, Source, Step } from './arbitraries/programs/parts.ts';
export { Program } from './arbitraries/programs/program.ts';
export { type ProgramOptions, programs } from './arbitraries/programs/programs.ts';
export { shapes } from './arbitraries/shapes.ts';
export { broadcastPairs, type TensorOptions, tensors } from './arbitraries/tensors.ts';
export { assertGrads, checkGrads } from './gradients/check-grads.ts';
export {
  GradcheckError,
  type GradcheckOptions,
  type GradgradcheckOptions,
  gradcheck,
  gradgradcheck,
} from './gradients/gradcheck.ts';
export {
  describeReport,
  type GradDiscrepancy,
  type GradReport,
  type Mode,
  type Order,
} from './gradients/report.ts';
export type { CheckGradsOptions, ComparisonOptions } from './gradients/settings.ts';
export { type Law, law } from './law.ts';
export {
  type CaseStatistics,
  caseStatistics,
  type Operation,
  type OperationCall,
  operation,
  operationLaws,
  primitiveLaws,
} from './primitive-laws/index.ts';
export {
  assertLaw,
  type Counterexample,
  casesOf,
  describeResult,
  type LawResult,
  type RunOptions,
  runLaw,
  runLaws,
} from './runner.ts';
export { show } from './show.ts';
export { type Comparable, equalitySlack, type Tolerance } from './slack.ts';
