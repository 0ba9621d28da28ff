export type { BatchLogs, Callback, Control, TrainContext } from './callback.ts';
export { type EarlyStopping, type EarlyStoppingOptions, earlyStopping } from './early-stopping.ts';
export {
  type EvaluateOptions,
  type EvaluationOf,
  type EvaluatorOptions,
  type Examples,
  evaluate,
  evaluator,
  type Metrics,
} from './evaluate.ts';
export { fit } from './fit.ts';
export type { FitOptions } from './fit-options.ts';
export {
  type EpochRecord,
  type Evaluation,
  finalRecord,
  type History,
  type NonFiniteReport,
} from './history.ts';
export { accuracy, negativeLogLikelihood } from './metrics.ts';
export type { Loss, Metric, MinimizingOptimizer, Model, PenaltyTerm } from './model.ts';
export { NonFiniteError } from './non-finite.ts';
export {
  initialPatience,
  type PatienceDecision,
  type PatienceRule,
  type PatienceState,
  patienceUpdate,
} from './patience.ts';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './persistence/checkpoint.ts';
export type { CheckpointOptions } from './persistence/checkpoint-options.ts';
export { type CheckpointStore, fileStore } from './persistence/checkpoint-store.ts';
export {
  loadSafetensorsFile,
  saveSafetensorsFile,
  writeFileAtomically,
} from './persistence/files.ts';
export type { PlainData } from './persistence/plain-data.ts';
export {
  loadSafetensors,
  type Safetensors,
  type SaveSafetensorsOptions,
  saveSafetensors,
} from './persistence/safetensors.ts';
export { type ProgressBarOptions, progressBar } from './progress-bar.ts';
