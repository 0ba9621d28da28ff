// For web pages, too: nothing here, nor what it imports, needs Node.
export { compileWith } from './peers/compiler.ts';
export type { Wrap } from './peers/ours-adapter.ts';
export { modelOf, type Network, optimizerOf, penaltyOf } from './peers/ours-model.ts';
export {
  type TrainingProblem,
  type TrainingSpec,
  trainingProblem,
  trainingSpecs,
} from './workloads/training.ts';
