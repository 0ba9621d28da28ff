import { type DType, DTypeError, isFloating, type Tensor, tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { Dataset } from '../dataset.ts';
import { split } from '../split.ts';
import { requireCount } from '../validate.ts';
import { unpackDigits } from './unpack.ts';

/** How the images are given. */
export interface LoadDigitsOptions {
  /** Factor of the pixels, which are 0..16. @defaultValue 1 / 16 */
  readonly scale?: number;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

/** Options of `digits`. */
export interface DigitsOptions extends LoadDigitsOptions {
  /** Integer in [0, 2^53). @defaultValue 0 */
  readonly seed?: number;
  /** Share of the rows in `test`, in (0, 1). @defaultValue 0.2 */
  readonly testFraction?: number;
  /** Rows in `train`, to study small samples; `test` does not depend on it. @defaultValue the rest */
  readonly trainSize?: number;
}

const known: OptionNames<DigitsOptions> = {
  seed: true,
  testFraction: true,
  trainSize: true,
  scale: true,
  dtype: true,
};

/** Training and test part. */
export interface TrainTest {
  readonly train: Dataset;
  readonly test: Dataset;
}

/**
 * All 1797 handwritten digits: `x` `[1797, 64]`, images of 8 x 8 pixels row by row; `y` int32
 * `[1797]`, the classes 0..9. They are the test part (`optdigits.tes`) of the UCI data set "Optical
 * Recognition of Handwritten Digits", bundled with this package under CC BY 4.0.
 *
 * @throws RangeError if `scale` is not finite; DTypeError if `dtype` is not floating
 * @see Alpaydin & Kaynak, "Optical Recognition of Handwritten Digits" (1998), UCI Machine Learning
 * Repository, doi 10.24432/C50P49
 * @example
 * ```ts
 * const whole = data.loadDigits();
 * whole.x.shape; // => [1797, 64]
 * whole.y.toArray<number[]>().slice(0, 5); // => [0, 1, 2, 3, 4]
 * ```
 */
export function loadDigits(options: LoadDigitsOptions = {}): Dataset {
  const { scale = 1 / 16, dtype = 'float32' } = options;
  if (!Number.isFinite(scale)) {
    throw new RangeError(`loadDigits: scale must be finite, got ${scale}.`);
  }
  if (!isFloating(dtype)) {
    throw new DTypeError(`loadDigits: dtype must be float32 or float64, got ${dtype}.`);
  }
  const raw = unpackDigits();
  const x = Float64Array.from(raw.pixels, (pixel) => pixel * scale);
  return new Dataset({
    x: tensor(x, { shape: [raw.count, 64], dtype }),
    y: labelTensor(raw.labels),
    classes: 10,
    name: 'digits',
    source: 'UCI Machine Learning Repository, doi 10.24432/C50P49 (optdigits.tes)',
    citation:
      'E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998',
    license: 'CC BY 4.0',
  });
}

const labelTensor = (labels: Uint8Array): Tensor => tensor(Int32Array.from(labels));

/**
 * The handwritten digits (see `loadDigits`), divided at random, stratified by class.
 *
 * @param options  see `DigitsOptions`
 * @returns `train` and `test`; `x` `[n, 64]` in [0, 1], `y` int32 `[n]`; a network of convolutions begins with
 *   `new nn.Unflatten(1, [1, 8, 8])`
 * @throws RangeError for a fraction outside (0, 1) or more rows than there are
 * @example
 * ```ts
 * const parts = data.digits({ seed: 0 });
 * [parts.train.size, parts.test.size]; // => [1438, 359]
 * ```
 */
export function digits(options: DigitsOptions = {}): TrainTest {
  requireOptions('digits', options, known);
  const { seed = 0, testFraction = 0.2, trainSize } = options;
  const all = loadDigits(options);
  if (!(testFraction > 0 && testFraction < 1)) {
    throw new RangeError(`digits: testFraction must be in (0, 1), got ${testFraction}.`);
  }
  const test = Math.max(1, Math.round(all.size * testFraction));
  const rest = all.size - test;
  if (trainSize !== undefined) requireCount('digits', 'trainSize', trainSize, rest);
  // The test part comes first, so that it stays as it is when trainSize changes.
  return split(all, { sizes: { test, train: trainSize ?? rest }, seed });
}
