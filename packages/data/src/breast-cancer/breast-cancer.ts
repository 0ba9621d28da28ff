import { type DType, DTypeError, isFloating, tensor } from '@tikhonov/core';
import { requireOptions, showValue } from '@tikhonov/core/engine';
import { Dataset } from '../dataset.ts';
import type { PackedColumn } from './packed.ts';

/** How the measurements are given. */
export interface LoadBreastCancerOptions {
  /** `float32` or `float64`, in which the measurements are exactly as published. @defaultValue 'float32' */
  readonly dtype?: DType;
}

/**
 * 569 tumours: `x` `[569, 30]`, measurements of cell nuclei in an image (ten of them, each with its mean,
 * standard error and worst value; see `featureNames`), in their own units: standardise them. `y` int32
 * `[569]`, 0 malignant (212) and 1 benign (357), as scikit-learn's `load_breast_cancer`. The UCI data set
 * "Breast Cancer Wisconsin (Diagnostic)", bundled with this package under CC BY 4.0, and read only when
 * it is asked for.
 *
 * @throws DTypeError if `dtype` is not floating
 * @see Wolberg, Mangasarian, Street & Street, "Breast Cancer Wisconsin (Diagnostic)" (1995), UCI Machine
 * Learning Repository, doi 10.24432/C5DW2B
 * @example
 * ```ts
 * const tumours = await data.loadBreastCancer();
 * tumours.x.shape; // => [569, 30]
 * tumours.featureNames![0]; // => 'mean_radius'
 * const { train, test } = data.split(tumours, { fractions: { train: 0.75, test: 0.25 } });
 * const units = data.standardize(train);
 * units.apply(test).x.shape; // => [142, 30]
 * ```
 */
export async function loadBreastCancer(options: LoadBreastCancerOptions = {}): Promise<Dataset> {
  requireOptions('loadBreastCancer', options, { dtype: true });
  const { dtype = 'float32' } = options;
  if (!isFloating(dtype)) {
    throw new DTypeError(
      `loadBreastCancer: dtype must be float32 or float64, got ${showValue(dtype)}.`,
    );
  }
  const { alphabet, columns, lines } = await import('./packed.ts');
  return new Dataset({
    x: tensor(unpack(lines, columns, alphabet), { shape: [lines.length, columns.length], dtype }),
    y: tensor(Int32Array.from(lines, (line) => Number(line.at(-1)))),
    classes: 2,
    name: 'breast-cancer',
    featureNames: columns.map(({ name }) => name),
    source: 'UCI Machine Learning Repository, doi 10.24432/C5DW2B',
    citation:
      'W. Wolberg, O. Mangasarian, N. Street and W. Street, Breast Cancer Wisconsin (Diagnostic), UCI Machine Learning Repository, 1995',
    license: 'CC BY 4.0',
  });
}

function unpack(
  lines: readonly string[],
  columns: readonly PackedColumn[],
  alphabet: string,
): Float64Array {
  const values = new Float64Array(lines.length * columns.length);
  let out = 0;
  for (const line of lines) {
    let at = 0;
    for (const { decimals, width } of columns) {
      let integer = 0;
      for (const end = at + width; at < end; at++) {
        integer = integer * alphabet.length + alphabet.indexOf(line[at]!);
      }
      // A quotient of two exact integers is the float64 nearest to the decimal number.
      values[out++] = integer / 10 ** decimals;
    }
  }
  return values;
}
