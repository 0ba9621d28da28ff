export type { CaseDraw, ShapeRange, ValueRange } from '@tikhonov/core/engine';
export { default as fc } from 'fast-check';
export { caseDraw } from './arbitraries/case-draw.ts';
export { drawn } from './arbitraries/drawn.ts';
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
