export { type Batch, type Batches, type BatchesOptions, batches } from './batches.ts';
export { Dataset, type DatasetFields } from './dataset.ts';
export {
  type DigitsOptions,
  digits,
  type LoadDigitsOptions,
  loadDigits,
  type TrainTest,
} from './digits/digits.ts';
export { type LabelNoiseOptions, type NoisyLabels, withLabelNoise } from './label-noise.ts';
export { shuffle } from './shuffle.ts';
export { type Shares, type SplitOptions, split } from './split.ts';
export { type Standardizer, standardize } from './standardize.ts';
export type { Seeded } from './validate.ts';
