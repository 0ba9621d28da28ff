export { agree, comparedSteps, disagreements, lossTolerance } from './agreement.ts';
export { choose } from './choose.ts';
export {
  type ColdReading,
  type ColdResult,
  type ColdRound,
  clock,
  coldStep,
  summarizeStarts,
} from './cold-start.ts';
export { type Disturbance, disturbanceLimits, isDisturbed, watchMachine } from './disturbance.ts';
export { type Budget, fullBudget, measure, type Timing } from './measure.ts';
export { checkResult, failure, type Measurement, measureOne, whyNot } from './measure-one.ts';
export {
  flatBelow,
  type Growth,
  growthOf,
  type MemoryReading,
  readMemory,
} from './memory.ts';
export { nodeBinary, nodeVersions } from './node.ts';
export { type Adapter, type Job, nameOf, type Peer } from './peer.ts';
export { peers } from './peers/index.ts';
export { nodeFrom, npmGroup, pythonModule, type Requirement } from './requirements.ts';
export { type PeerResult, type Ratio, summarize } from './results.ts';
export { type Measure, type Plan, runRounds } from './run.ts';
export { quantile, type Spread, spreadOf } from './statistics.ts';
export { renderResults } from './table.ts';
export { type MatmulForm, matmulCorners, matmulForms, matmulSizes } from './workloads/arrays.ts';
export {
  type TrainingProblem,
  type TrainingSpec,
  trainingProblem,
  trainingSpecs,
} from './workloads/training.ts';
export { type Workload, workloads } from './workloads/workload.ts';
