import { type Dataset, loadDigits } from '@tikhonov/data';
import { type ArgumentValues, type Method, methods } from '@tikhonov/regularizers';

/** The data sets that `compare` knows, by name. */
export const datasets: Readonly<Record<string, () => Dataset>> = { digits: loadDigits };

/** A method with the values of its arguments. */
export interface MethodSetting {
  readonly id: string;
  readonly values: ArgumentValues;
}

/** Everything that determines the results of a comparison. */
export interface CompareSettings {
  readonly dataset: string;
  /** The methods, `none` not among them: it always runs. */
  readonly methods: readonly MethodSetting[];
  /** How many seeds: `firstSeed`, `firstSeed + 1`, ... */
  readonly seeds: number;
  readonly firstSeed: number;
  readonly epochs: number;
  /** Training examples, the rest of the data is the test set. */
  readonly trainSize: number;
  /** Share of training labels replaced by a wrong one. */
  readonly labelNoise: number;
  readonly hidden: readonly number[];
  readonly batchSize: number;
  readonly learningRate: number;
  /** Whether training and evaluation run as WebAssembly programs; results differ by roundings. */
  readonly compiled: boolean;
}

/** A small, noisy training set that a plain network learns by heart, test labels left clean. */
export const defaults: Omit<CompareSettings, 'methods'> = {
  dataset: 'digits',
  seeds: 5,
  firstSeed: 0,
  epochs: 120,
  trainSize: 300,
  labelNoise: 0.2,
  hidden: [256],
  batchSize: 32,
  learningRate: 2e-3,
  compiled: true,
};

/** The identifier of the unregularized run that everything is compared with. */
export const baseline = 'none';

/** A method's arguments at their defaults, with some replaced. */
export const settingOf = (method: Method, values: ArgumentValues = {}): MethodSetting => ({
  id: method.id,
  values: {
    ...Object.fromEntries(method.arguments.map((argument) => [argument.name, argument.default])),
    ...values,
  },
});

/** What is compared when no methods are named: the best known of each kind, in seconds. */
export const classics = [
  'l2',
  'l1',
  'elastic-net',
  'spectral-norm',
  'dropout',
  'weight-decay',
  'label-smoothing',
  'gradient-clipping',
  'early-stopping',
] as const;

/** Every method of the catalogue at its defaults. */
export const allMethods = (): MethodSetting[] => methods.map((method) => settingOf(method));
