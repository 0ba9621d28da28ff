import {
  circles,
  type Dataset,
  loadBreastCancer,
  loadDigits,
  moons,
  split,
  standardize,
  withLabelNoise,
} from '@tikhonov/data';

/** The three parts of a problem, drawn alike. */
export interface Parts {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** Names of problems. */
export type ProblemName = 'digits' | 'cancer' | 'moons' | 'circles';

/** Where the rows come from, and how many are trained on; half as many are for validation. */
interface Problem {
  readonly rows: (seed: number) => Dataset | Promise<Dataset>;
  readonly trainSize: number;
  /** Share of labels that are wrong, in all parts. */
  readonly labelNoise: number;
}

/** Of classes that overlap, or with some wrong labels: otherwise there is nothing to stop for. */
const table: Readonly<Record<ProblemName, Problem>> = {
  digits: { rows: () => loadDigits(), trainSize: 200, labelNoise: 0.1 },
  cancer: { rows: () => loadBreastCancer(), trainSize: 160, labelNoise: 0.1 },
  moons: { rows: (seed) => moons({ n: 1200, noise: 0.35, seed }), trainSize: 100, labelNoise: 0 },
  circles: {
    rows: (seed) => circles({ n: 1200, noise: 0.2, seed }),
    trainSize: 100,
    labelNoise: 0,
  },
};

/** All of them. */
export const problemNames: readonly ProblemName[] = ['digits', 'cancer', 'moons', 'circles'];

/** The rows of a problem under a seed, with inputs of unit variance. */
export async function partsOf(name: ProblemName, seed: number): Promise<Parts> {
  const { rows, trainSize, labelNoise } = table[name];
  const { dataset } = withLabelNoise(await rows(seed), { rate: labelNoise, seed });
  const held = trainSize / 2;
  const parts = split(dataset, {
    sizes: { train: trainSize, validation: held, test: dataset.size - trainSize - held },
    seed,
  });
  const units = standardize(parts.train);
  const scaled = (part: Dataset): Dataset => part.with({ x: units.apply(part.x) });
  return {
    train: scaled(parts.train),
    validation: scaled(parts.validation),
    test: scaled(parts.test),
  };
}
