export type { BatchLogs, Callback, Control, TrainContext } from './callback.ts';
export { type AverageWeightsOptions, averageWeights } from './callbacks/average-weights.ts';
export { type CsvLoggerOptions, csvLogger, type TextWriter } from './callbacks/csv-logger.ts';
export {
  type EarlyStopping,
  type EarlyStoppingOptions,
  earlyStopping,
} from './callbacks/early-stopping.ts';
export {
  type BatchHistory,
  type HistoryOptions,
  type HistoryRecorder,
  history,
} from './callbacks/history.ts';
export { learningRateScheduler } from './callbacks/learning-rate-scheduler.ts';
export {
  type ModelCheckpoint,
  type ModelCheckpointOptions,
  type ModelCheckpointState,
  modelCheckpoint,
} from './callbacks/model-checkpoint.ts';
export type { MonitorMode } from './callbacks/monitor.ts';
export {
  initialPatience,
  type PatienceDecision,
  type PatienceRule,
  type PatienceState,
  patienceUpdate,
} from './callbacks/patience.ts';
export {
  type Prechelt,
  type PrecheltOptions,
  type PrecheltWatch,
  prechelt,
} from './callbacks/prechelt.ts';
export {
  type GlRule,
  glUpdate,
  type PqRule,
  pqUpdate,
  type UpRule,
  upUpdate,
} from './callbacks/prechelt-rules.ts';
export {
  generalizationLoss,
  initialPrechelt,
  type PrecheltDecision,
  type PrecheltErrors,
  type PrecheltLimits,
  type PrecheltState,
  trainingProgress,
} from './callbacks/prechelt-update.ts';
export { type ProgressBarOptions, progressBar } from './callbacks/progress-bar.ts';
export {
  type PlateauState,
  type ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  reduceLROnPlateau,
} from './callbacks/reduce-lr-on-plateau.ts';
export { terminateOnNaN } from './callbacks/terminate-on-nan.ts';
export { type ConfusionMatrixOfOptions, confusionMatrixOf } from './confusion-matrix-of.ts';
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
export {
  accuracy,
  type BinaryAccuracyOptions,
  binaryAccuracy,
  topKAccuracy,
} from './metrics/accuracy.ts';
export {
  type CalibrationErrorOptions,
  expectedCalibrationError,
} from './metrics/calibration.ts';
export {
  type ConfusionMatrixOptions,
  type ConfusionNormalization,
  confusionMatrix,
} from './metrics/confusion.ts';
export { type ClassAverageOptions, f1Score, precision, recall } from './metrics/f-score.ts';
export { brierScore, negativeLogLikelihood } from './metrics/likelihood.ts';
export { type R2ScoreOptions, r2Score } from './metrics/r2-score.ts';
export {
  meanAbsoluteError,
  meanSquaredError,
  rootMeanSquaredError,
} from './metrics/regression.ts';
export { measure } from './metrics/statistics.ts';
export type {
  Loss,
  Metric,
  MinimizingOptimizer,
  Model,
  PenaltyTerm,
  RowWeights,
  StreamingMetric,
} from './model.ts';
export { NonFiniteError } from './non-finite.ts';
export { type PenaltyShare, type PenaltyShareOptions, penaltyShare } from './penalty-share.ts';
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
export { type PredictOptions, predict, predictor } from './predict.ts';
export type { BatchFactory, PendingItem } from './source.ts';
export {
  type BatchTransform,
  type BatchTransformContext,
  type CellTree,
  type StepBatch,
  type StepContext,
  type StepTerm,
  withActivations,
} from './step-context.ts';
export type { TrainItem } from './train-item.ts';
