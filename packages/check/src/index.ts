export { default as fc } from 'fast-check';
export { caseDraw } from './arbitraries/case-draw.ts';
export { drawn } from './arbitraries/drawn.ts';
export { shapes } from './arbitraries/shapes.ts';
export { broadcastPairs, type TensorOptions, tensors } from './arbitraries/tensors.ts';
export { assertGrads, type CheckGradsOptions, checkGrads } from './gradients/check-grads.ts';
export { describeReport, type GradDiscrepancy, type GradReport } from './gradients/report.ts';
export { type Law, law } from './law.ts';
export { primitiveLaws } from './primitive-laws/index.ts';
export {
  assertLaw,
  type Counterexample,
  describeResult,
  type LawResult,
  type RunOptions,
  runLaw,
  runLaws,
} from './runner.ts';
export { show } from './show.ts';
export { type Comparable, equalitySlack, type Tolerance } from './slack.ts';
