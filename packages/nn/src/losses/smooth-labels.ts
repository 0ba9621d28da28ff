import {
  add,
  arange,
  astype,
  type DType,
  div,
  equal,
  expandDims,
  isFloating,
  mul,
  sub,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from '@tikhonov/core';
import { asTensor, requireOptions } from '@tikhonov/core/engine';
import { type Strength, unitStrength } from '../strength.ts';
import { classLabels } from './labels.ts';

/** Options of `smoothLabels`. */
export interface SmoothLabelsOptions {
  /** `eps` in [0, 1); may be a 0-d tensor or cell. @defaultValue 0.1 (Szegedy et al.) */
  readonly smoothing?: Strength;
  /**
   * `'uniform'`: `(1 - eps) onehot + eps / K`, Szegedy's and PyTorch's; `'others'`: `1 - eps` for the
   * true class and `eps / (K - 1)` for each other. @defaultValue 'uniform'
   */
  readonly mode?: 'uniform' | 'others';
  /** Number of classes `K`; needed for integer labels. */
  readonly classes?: number;
  /** Of the result, for integer labels. @defaultValue 'float32' */
  readonly dtype?: DType;
}

/**
 * Softened targets: labels that keep a little probability for the other classes.
 *
 * @param labels  integers `[...s]` in `[0, K)`, or (mode `'uniform'` only) probability rows `[...s, K]`
 * of a floating dtype
 * @returns `[...s, K]`; every row sums to 1
 * @throws RangeError if `smoothing` is outside [0, 1), a label outside `[0, K)`, or `K < 2` with
 * `'others'`; TypeError for probability rows with `'others'`
 * @see Szegedy, Vanhoucke, Ioffe, Shlens & Wojna, "Rethinking the Inception architecture for computer
 * vision", CVPR 2016, arXiv 1512.00567
 * @example
 * ```ts
 * const labels = tensor([1], { dtype: 'int32' });
 * nn.smoothLabels(labels, { smoothing: 0.2, classes: 2 }).toArray(); // => [[0.1, 0.9]]
 * nn.smoothLabels(labels, { smoothing: 0.2, classes: 2, mode: 'others' }).toArray(); // => [[0.2, 0.8]]
 * ```
 */
export function smoothLabels(labels: TensorLike, options: SmoothLabelsOptions = {}): Tensor {
  const given = asTensor(labels, 'smoothLabels');
  requireOptions('smoothLabels', options, {
    smoothing: true,
    mode: true,
    classes: true,
    dtype: true,
  });
  const { smoothing = 0.1, mode = 'uniform' } = options;
  if (mode !== 'uniform' && mode !== 'others') {
    throw new TypeError(`smoothLabels: mode must be 'uniform' or 'others', got "${String(mode)}".`);
  }
  if (isFloating(given.dtype)) {
    if (mode === 'others') {
      throw new TypeError(
        `smoothLabels: mode 'others' needs integer labels, got ${given.dtype} ${String(given.shape)}.\n` +
          "  It must know the true class; use mode 'uniform', or cast labels with astype('int32').",
      );
    }
    return mixUniform('smoothLabels', given, smoothing);
  }
  if (options.classes === undefined) {
    throw new TypeError(
      'smoothLabels: integer labels need the number of classes.\n  Pass { classes }.',
    );
  }
  const { classes, dtype = 'float32' } = options;
  const least = mode === 'others' ? 2 : 1;
  if (!Number.isInteger(classes) || classes < least) {
    throw new RangeError(
      `smoothLabels: classes must be an integer >= ${least} in mode '${mode}', got ${classes}.`,
    );
  }
  const indices = classLabels('smoothLabels', given, classes);
  return smoothIndices('smoothLabels', indices, classes, smoothing, mode, dtype);
}

const float64 = (x: number | Tensor): Tensor =>
  typeof x === 'number' ? tensor(x, { dtype: 'float64' }) : x;

/** Smoothed rows of labels that are known to be in range. */
export function smoothIndices(
  name: string,
  indices: Tensor,
  classes: number,
  smoothing: Strength,
  mode: 'uniform' | 'others',
  dtype: DType,
): Tensor {
  const eps = float64(unitStrength(name, 'smoothing', smoothing, { closed: false }));
  const off = div(eps, mode === 'uniform' ? classes : classes - 1);
  const on = mode === 'uniform' ? add(sub(1, eps), off) : sub(1, eps);
  const hot = equal(expandDims(indices, -1), arange(classes, { dtype: 'int32' }));
  return where(hot, astype(on, dtype), astype(off, dtype));
}

/** `(1 - eps) q + eps / K` for rows `q`. */
export function mixUniform(name: string, rows: Tensor, smoothing: Strength): Tensor {
  const eps = float64(unitStrength(name, 'smoothing', smoothing, { closed: false }));
  const share = astype(div(eps, rows.shape.at(-1) ?? 1), rows.dtype);
  return add(mul(rows, astype(sub(1, eps), rows.dtype)), share);
}
