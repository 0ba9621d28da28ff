import {
  type ArgumentValues,
  type Method,
  methods,
  type NetworkKind,
  type NetworkSpec,
} from '@tikhonov/regularizers';

/** A method with the values of its arguments. */
export interface MethodSetting {
  readonly id: string;
  readonly values: ArgumentValues;
}

/** Everything that determines the results of a comparison. */
export interface CompareSettings {
  readonly dataset: string;
  /** Folder with the data set's files; null where they are found by themselves. */
  readonly data: string | null;
  /** The methods, `none` not among them: it always runs. */
  readonly methods: readonly MethodSetting[];
  /** How many seeds: `firstSeed`, `firstSeed + 1`, ... */
  readonly seeds: number;
  readonly firstSeed: number;
  readonly epochs: number;
  readonly trainSize: number;
  /** Test examples; null for all there are: of digits the rest, of MNIST its test set. */
  readonly testSize: number | null;
  /** Share of training labels replaced by a wrong one. */
  readonly labelNoise: number;
  readonly network: NetworkSpec;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Whether training and evaluation run as WebAssembly programs; results differ by roundings. */
  readonly compiled: boolean;
}

/** A small, noisy training set that a plain network learns by heart, test labels left clean. */
export const defaults: Omit<CompareSettings, 'methods'> = {
  dataset: 'digits',
  data: null,
  seeds: 5,
  firstSeed: 0,
  epochs: 120,
  trainSize: 300,
  testSize: null,
  labelNoise: 0.2,
  network: { kind: 'mlp', hidden: [256] },
  batchSize: 32,
  learningRate: 2e-3,
  compiled: true,
};

/** What differs from `defaults` for other data sets, as far as it is not the network. */
export const datasetDefaults: Readonly<Record<string, Partial<typeof defaults>>> = {
  digits: {},
  mnist: { trainSize: 1000, labelNoise: 0, epochs: 60, batchSize: 100, learningRate: 5e-4 },
};

/** The sizes of the networks by data set: what is small for its images. */
export const networkDefaults: Readonly<
  Record<string, { readonly [Kind in NetworkKind]: Extract<NetworkSpec, { kind: Kind }> }>
> = {
  digits: {
    mlp: { kind: 'mlp', hidden: [256] },
    cnn: { kind: 'cnn', channels: [16, 32], hidden: [64] },
    resnet: { kind: 'resnet', channels: [16, 32], blocks: 2, norm: 'batch' },
  },
  mnist: {
    mlp: { kind: 'mlp', hidden: [512, 512] },
    cnn: { kind: 'cnn', channels: [8, 16], hidden: [64] },
    resnet: { kind: 'resnet', channels: [8, 16], blocks: 2, norm: 'batch' },
  },
};

/** Whether a method does something to networks of the kind. */
export const actsOn = ({ networks }: Method, kind: NetworkKind): boolean =>
  networks === undefined || networks.includes(kind);

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

/** Every method of the catalogue that does something to networks of the kind, at its defaults. */
export const allMethods = (kind: NetworkKind): MethodSetting[] =>
  methods.filter((method) => actsOn(method, kind)).map((method) => settingOf(method));
