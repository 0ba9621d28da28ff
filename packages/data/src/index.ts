export { type CutmixOptions, cutmix } from './augment/cutmix.ts';
export { type CutoutOptions, cutout } from './augment/cutout.ts';
export { type CutoutProbabilityOptions, cutoutProbability } from './augment/cutout-probability.ts';
export { type DisturbLabelsOptions, disturbLabels } from './augment/disturb-labels.ts';
export { type GaussianNoiseOptions, gaussianNoise } from './augment/gaussian-noise.ts';
export type { AugmentStrength } from './augment/given.ts';
export type { MixableRows, MixedRows } from './augment/mixing.ts';
export { type MixupOptions, mixup } from './augment/mixup.ts';
export { type RandomCropOptions, randomCrop } from './augment/random-crop.ts';
export { type RandomFlipOptions, randomFlip } from './augment/random-flip.ts';
export { type RandomShiftOptions, randomShift } from './augment/random-shift.ts';
export { type Batch, type Batches, type BatchesOptions, batches } from './batches.ts';
export {
  type LoadBreastCancerOptions,
  loadBreastCancer,
} from './breast-cancer/breast-cancer.ts';
export { type ClassWeightsOptions, classWeights, withClassWeights } from './class-weights.ts';
export { Dataset, type DatasetFields } from './dataset.ts';
export {
  type DigitsOptions,
  digits,
  type LoadDigitsOptions,
  loadDigits,
  type TrainTest,
} from './digits/digits.ts';
export { type ReadCsvOptions, readCsv } from './formats/csv.ts';
export { FormatError } from './formats/format-error.ts';
export { type ReadIdxOptions, readIdx } from './formats/idx.ts';
export type { IdxType } from './formats/idx-header.ts';
export type { InflateLimit } from './formats/inflate.ts';
export { readNpy, type WriteNpyOptions, writeNpy } from './formats/npy.ts';
export { type ReadNpzOptions, readNpz, type WriteNpzOptions, writeNpz } from './formats/npz.ts';
export {
  type ColumnLabels,
  Table,
  type TableDatasetOptions,
  type TableTensorOptions,
} from './formats/table.ts';
export { type WriteIdxOptions, writeIdx } from './formats/write-idx.ts';
export { type HoldOutOptions, holdOut, type TrainValidationTest } from './hold-out.ts';
export { type Fold, type KFoldOptions, kFold } from './k-fold.ts';
export {
  type LabelNoiseOptions,
  type NoisyLabels,
  type TransitionNoiseOptions,
  withLabelNoise,
  withTransitionNoise,
} from './label-noise.ts';
export { DataLoader } from './loader/data-loader.ts';
export type { DataLoaderOptions, LoadedBatch } from './loader/loader-options.ts';
export type { LoaderState } from './loader/loader-state.ts';
export { type PrefetchOptions, prefetch, type Source } from './loader/prefetch.ts';
export { type MinMaxOptions, type MinMaxScaler, minMaxScale } from './min-max.ts';
export { type LoadMnistOptions, loadMnist } from './mnist/load-mnist.ts';
export { type MnistFiles, mnistFrom } from './mnist/mnist-from.ts';
export type { MnistOptions } from './mnist/options.ts';
export {
  type OneHotColumns,
  type OneHotColumnsOptions,
  oneHotColumns,
} from './one-hot-columns.ts';
export { type OneHotTargetsOptions, oneHotTargets } from './one-hot-targets.ts';
export type { Scaler } from './scaler.ts';
export { shuffle } from './shuffle.ts';
export { type Shares, type SplitOptions, split } from './split.ts';
export { type Standardizer, standardize } from './standardize.ts';
export { type BlobsOptions, blobs } from './synthetic/blobs.ts';
export { type CirclesOptions, circles } from './synthetic/circles.ts';
export type { NoisyOptions, SyntheticOptions } from './synthetic/generate.ts';
export {
  type LinearProblem,
  type LinearRegressionOptions,
  linearRegression,
} from './synthetic/linear-regression.ts';
export { moons } from './synthetic/moons.ts';
export { type SinusoidOptions, sinusoid } from './synthetic/sinusoid.ts';
export { type SpiralsOptions, spirals } from './synthetic/spirals.ts';
export { type XorOptions, xor } from './synthetic/xor.ts';
export type { Seeded } from './validate.ts';
