import { type OptionNames, requireOptions } from '@tikhonov/core/engine';

/** Options of `mnistFrom`. */
export interface MnistOptions {
  /** Rows in `train`, drawn at random and stratified by class. @defaultValue all */
  readonly trainSize?: number;
  /** Rows in `test`, in the same way. @defaultValue all */
  readonly testSize?: number;
  /** Decides which rows are drawn, if not all: an integer in [0, 2^53). @defaultValue 0 */
  readonly seed?: number;
  /** Whether an image is a row of pixels, `[n, 784]`, else `[n, 1, 28, 28]`. @defaultValue true */
  readonly flatten?: boolean;
  /** Whether pixels are divided by 255, which brings them into [0, 1]. @defaultValue true */
  readonly normalize?: boolean;
}

/** The names of the options. */
export const knownOfMnist: OptionNames<MnistOptions> = {
  trainSize: 'number',
  testSize: 'number',
  seed: true,
  flatten: 'boolean',
  normalize: 'boolean',
};

/** The options of one part. */
export interface PartOptions {
  /** All if undefined. */
  readonly size: number | undefined;
  /** What the user calls it, with the function. */
  readonly sizeName: readonly [where: string, name: string];
  readonly seed: number;
  readonly flatten: boolean;
  readonly normalize: boolean;
}

/** The options of both parts. @throws TypeError for unknown options or kinds */
export function partOptions<Options extends MnistOptions>(
  where: string,
  options: Options,
  known: OptionNames<Options>,
): { readonly train: PartOptions; readonly test: PartOptions } {
  requireOptions(where, options, known);
  const { trainSize, testSize, seed = 0, flatten = true, normalize = true } = options;
  const rest = { seed, flatten, normalize };
  return {
    train: { size: trainSize, sizeName: [where, 'trainSize'], ...rest },
    test: { size: testSize, sizeName: [where, 'testSize'], ...rest },
  };
}
