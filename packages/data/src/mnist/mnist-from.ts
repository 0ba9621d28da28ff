import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import type { TrainTest } from '../digits/digits.ts';
import { FormatError } from '../formats/format-error.ts';
import { knownOfMnist, type MnistOptions, partOptions } from './options.ts';
import { partOf } from './part.ts';

/** The four files of MNIST, or of a data set in its form; each gzipped or not. */
export interface MnistFiles {
  /** `train-images-idx3-ubyte` */
  readonly trainImages: Uint8Array;
  /** `train-labels-idx1-ubyte` */
  readonly trainLabels: Uint8Array;
  /** `t10k-images-idx3-ubyte` */
  readonly testImages: Uint8Array;
  /** `t10k-labels-idx1-ubyte` */
  readonly testLabels: Uint8Array;
}

const knownFiles: OptionNames<MnistFiles> = {
  trainImages: true,
  trainLabels: true,
  testImages: true,
  testLabels: true,
};

/**
 * MNIST, or a data set in its form (Fashion-MNIST, Kuzushiji-MNIST), from the contents of its four files:
 * for browsers, which fetch them. With files there is `loadMnist`.
 *
 * The files of MNIST are recognised, and `source`, `citation` and `license` filled in; others are called
 * 'images' until `with` names them.
 *
 * @param files  see `MnistFiles`
 * @returns `train` and `test`: `x` float32 `[n, 784]` or `[n, 1, 28, 28]`, `y` int32 `[n]`, 10 classes
 * @throws FormatError if a file is damaged or the files do not fit together
 * @throws RangeError for more rows than there are
 * @see LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998)
 * @example
 * ```ts
 * const images = data.writeIdx(tensor([[[0, 255], [51, 0]]]), { type: 'uint8' });
 * const labels = data.writeIdx(tensor([7]), { type: 'uint8' });
 * const { train: learn } = await data.mnistFrom({
 *   trainImages: images,
 *   trainLabels: labels,
 *   testImages: images,
 *   testLabels: labels,
 * });
 * learn.x.toArray(); // => [[0, 1, 0.2, 0]]
 * learn.y.toArray(); // => [7]
 * ```
 */
export async function mnistFrom(files: MnistFiles, options: MnistOptions = {}): Promise<TrainTest> {
  const part = partOptions('mnistFrom', options, knownOfMnist);
  requireOptions('mnistFrom: files', files, knownFiles);
  const { trainImages, trainLabels, testImages, testLabels } = files;
  const train = { images: trainImages, labels: trainLabels };
  const test = { images: testImages, labels: testLabels };
  return fitting('mnistFrom', {
    train: await partOf('mnistFrom (train)', train, part.train),
    test: await partOf('mnistFrom (test)', test, part.test),
  });
}

/** The parts, if their images are of one size. */
export function fitting(where: string, parts: TrainTest): TrainTest {
  const [train, test] = [parts.train, parts.test].map(({ x }) => showShape(x.shape.slice(1)));
  if (train === test) return parts;
  throw new FormatError(
    `${where}: images of ${train} for training and of ${test} for the test.\n  Take all files from one data set.`,
  );
}
