import { type Dataset, loadDigits, loadMnist, split, type TrainTest } from '@tikhonov/data';
import { mnistFiles } from '../mnist/mnist-files.ts';
import { UsageError } from '../usage-error.ts';

/** Which part of a data set a run is about. */
export interface DataRequest {
  readonly trainSize: number;
  /** Rows to test on; null for all there are: of digits the rest, of MNIST its test set. */
  readonly testSize: number | null;
  readonly seed: number;
  /** Folder with the files of a data set that is not bundled; null where it is found by itself. */
  readonly data: string | null;
  /** Is told if files are installed. @defaultValue nobody is */
  readonly say?: (line: string) => void;
}

/** A data set that `compare` knows. */
export interface KnownDataset {
  /** `[channels, height, width]` of a row. */
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  /** The most rows that can be trained on: a test set must be left. */
  readonly maxTrainSize: number;
  /** Whether its files must be there: it is not bundled. */
  readonly fromFiles: boolean;
  /** Rows to train on, drawn by the seed and stratified by class, and rows to test on. */
  readonly load: (request: DataRequest) => Promise<TrainTest>;
}

const digits: KnownDataset = {
  imageShape: [1, 8, 8],
  classes: 10,
  maxTrainSize: 1500,
  fromFiles: false,
  load: async ({ trainSize, testSize, seed }) => {
    const all = loadDigits();
    const [train, test] = split(all, { sizes: [trainSize, all.size - trainSize], seed });
    return { train, test: testSize === null ? test : firstOf(test, testSize, 'digits') };
  },
};

const mnist: KnownDataset = {
  imageShape: [1, 28, 28],
  classes: 10,
  maxTrainSize: 60_000,
  fromFiles: true,
  load: async ({ trainSize, testSize, seed, data, say = () => {} }) =>
    loadMnist({
      from: data ?? (await mnistFiles(say)),
      trainSize,
      seed,
      ...(testSize === null ? {} : { testSize }),
    }),
};

/** The data sets that `compare` knows, by name. */
export const datasets: Readonly<Record<string, KnownDataset>> = { digits, mnist };

function firstOf(data: Dataset, size: number, name: string): Dataset {
  if (size <= data.size) return data.subset(size);
  throw new UsageError(`--test-size ${size}: ${name} has ${data.size} images left to test on`);
}

/**
 * The data of a comparison.
 *
 * @throws UsageError in one line if files are missing or damaged
 */
export async function loadData(name: string, request: DataRequest): Promise<TrainTest> {
  const known = datasets[name]!;
  try {
    return await known.load(request);
  } catch (error) {
    if (!known.fromFiles || error instanceof UsageError) throw error;
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UsageError(
      `--dataset ${name} needs its files: ${reason?.replace(/\.$/, '')}. Pass --data FOLDER with the four files`,
    );
  }
}
