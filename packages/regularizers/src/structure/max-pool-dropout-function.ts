import {
  any,
  arange,
  astype,
  concat,
  equal,
  flip,
  full,
  greater,
  indexSelect,
  lessEqual,
  logicalAnd,
  logicalNot,
  maxPool2d,
  mul,
  type PerAxis,
  pad,
  pow,
  reshape,
  type Shape,
  ShapeError,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  tensor,
  where,
  windows,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape, showValue } from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import {
  keepMask,
  keepProbability,
  requireFloating,
  requireStructure,
  scaledBy,
  unitStrength,
} from './keep-mask.ts';
import { countAbove } from './ranks.ts';

/** How `maxPoolDropout` pools in evaluation. */
export type MaxPoolDropoutMode = 'weighted' | 'scaled' | 'max';

/** What `MaxPoolDropout` and `maxPoolDropout` have in common. */
export interface MaxPoolDropoutSettings {
  /** Size of a window, one number or two. */
  readonly kernelSize: PerAxis;
  /** From one window to the next. @defaultValue kernelSize */
  readonly stride?: PerAxis;
  /** Cells on each side that never win, at most half a kernel. @defaultValue 0 */
  readonly padding?: PerAxis;
  /** Probability of dropping a cell, in [0, 1]; a 0-d tensor or cell can be annealed. @defaultValue 0.5 */
  readonly p?: Strength;
  /**
   * In evaluation: `'weighted'` is the expectation of training, `'scaled'` is `(1 - p) max`, the paper's
   * baseline, `'max'` plain max pooling. @defaultValue 'weighted'
   */
  readonly mode?: MaxPoolDropoutMode;
}

/** Options of `maxPoolDropout`. */
export interface MaxPoolDropoutOptions extends MaxPoolDropoutSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the mask; the same key gives the same mask. */
  readonly rng?: Tensor;
  /** A mask instead of a key, of the shape of `x`: 1 or true keeps, 0 or false drops. */
  readonly mask?: Tensor;
}

/** Options of the layer that are the function's too. */
export const knownOfLayer: OptionNames<MaxPoolDropoutSettings> = {
  kernelSize: true,
  stride: true,
  padding: true,
  p: true,
  mode: true,
};
const known: OptionNames<MaxPoolDropoutOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  mask: true,
};

/**
 * Throws unless they are options; other libraries' layers have the kernel's size in their place.
 *
 * @throws TypeError
 */
export function requirePoolOptions<Options extends MaxPoolDropoutSettings>(
  name: string,
  options: Options,
  names: OptionNames<Options>,
): void {
  if (typeof options === 'number' || Array.isArray(options)) {
    const given = showValue(options);
    throw new TypeError(
      `${name}: options must be an object, got ${given}. Did you mean { kernelSize: ${given} }?`,
    );
  }
  requireOptions(name, options, names);
}

/** Windows on two axes. */
interface PoolShape {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}

/** The settings, checked, with the rate and the windows. */
export function requirePool(
  name: string,
  {
    kernelSize,
    stride = kernelSize,
    padding = 0,
    p = 0.5,
    mode = 'weighted',
  }: MaxPoolDropoutSettings,
): { readonly rate: number | Tensor; readonly mode: MaxPoolDropoutMode; readonly pool: PoolShape } {
  if (mode !== 'weighted' && mode !== 'scaled' && mode !== 'max') {
    throw new TypeError(
      `${name}: mode must be 'weighted', 'scaled' or 'max', got ${showValue(mode)}.`,
    );
  }
  const pool = {
    kernelSize: both(name, 'kernelSize', kernelSize, 1),
    stride: both(name, 'stride', stride, 1),
    padding: both(name, 'padding', padding, 0),
  };
  if (pool.padding.some((n, axis) => 2 * n > pool.kernelSize[axis]!)) {
    throw new RangeError(
      `${name}: padding must be at most half of kernelSize ${showValue(kernelSize)}, got ${showValue(padding)}.\n  With more, windows would lie in the padding alone.`,
    );
  }
  return { rate: unitStrength(name, 'p', p, { closed: true }), mode, pool };
}

function both(
  name: string,
  what: string,
  value: PerAxis,
  least: number,
): readonly [number, number] {
  const list = typeof value === 'number' ? [value, value] : value;
  const [first, second] = Array.isArray(list) ? list : [];
  const valid = [first, second].every((n) => Number.isInteger(n) && Number(n) >= least);
  if (valid && list.length === 2) return [Number(first), Number(second)];
  throw new RangeError(
    `${name}: ${what} must be an integer >= ${least} or two of them, got ${showValue(value)}.\n  Two are for rows and columns, [height, width].`,
  );
}

/**
 * Dropout before max pooling. Training drops cells with probability `p`, without rescaling, and takes the maxima:
 * of non-negative activations of a window in ascending order, `a_1 <= ... <= a_n`, the output is `a_i` with
 * probability `(1 - p) p^(n - i)`, and 0 with `p^n`. Evaluation with probabilistic weighted pooling gives the mean
 * over all masks, `sum_i (1 - p) p^(n - i) a_i`, where only positive `a_i` count; of a window without any it is
 * `(1 - p)^n a_n`, as the maximum is below 0 only if nothing is dropped. Padding is not counted in `n`.
 *
 * NaN that is not dropped shows in every window that has it; at `p` 1 all is dropped, and the output is 0.
 *
 * Overlapping windows see the same dropped cells. Gradients: in training to the winner, the first of equals, if it
 * was kept; of the weighted pooling `(1 - p) p^(n - i)` by rank, where the last of equals ranks highest.
 *
 * @param x  `[N, C, H, W]` or `[C, H, W]`, floating
 * @returns `[N, C, H', W']`, `H' = floor((H + 2 padding - kernelSize) / stride) + 1`
 * @throws RangeError if `p` is outside [0, 1], for sizes that are no integers and padding of more than half a kernel;
 * TypeError in training without `rng` and `mask`; ShapeError if rank, mask or windows do not fit; DTypeError for
 * integers
 * @see Wu & Gu, "Towards dropout training for convolutional neural networks", Neural Networks 71 (2015),
 * arXiv 1512.00242
 * @example
 * ```ts
 * const x = tensor([[[1, 2], [3, 4]]]);
 * reg.maxPoolDropout(x, { kernelSize: 2 }).toArray(); // => [[[4 / 2 + 3 / 4 + 2 / 8 + 1 / 16]]]
 * const mask = tensor([[[1, 1], [1, 0]]]);
 * reg.maxPoolDropout(x, { kernelSize: 2, training: true, mask }).toArray(); // => [[[3]]]
 * ```
 */
export function maxPoolDropout(x: TensorLike, options: MaxPoolDropoutOptions): Tensor {
  const name = 'maxPoolDropout';
  requirePoolOptions(name, options, known);
  const source = requireFloating(name, x);
  requireStructure(name, source, [3, 4], '[N, C, H, W] or [C, H, W]');
  const { rate, mode, pool } = requirePool(name, options);
  requireRoom(name, source.shape, pool);
  if (options.training === true) {
    const mask = keepMask(name, source.shape, rate, options);
    return maxPool2d(where(mask, source, 0), pool);
  }
  if (mode === 'weighted') return weighted(source, rate, pool);
  const largest = maxPool2d(source, pool);
  return mode === 'max' ? largest : scaledBy(largest, keepProbability(rate), alive(rate));
}

/** Selected where the rate is 1, so that an infinity is not multiplied by 0. */
const alive = (p: number | Tensor): boolean | Tensor =>
  typeof p === 'number' ? p < 1 : logicalNot(equal(p, 1));

function requireRoom(name: string, shape: Shape, { kernelSize, padding }: PoolShape): void {
  const room = shape.slice(-2).map((n, axis) => n + 2 * padding[axis]!);
  if (room.every((n, axis) => n >= kernelSize[axis]!)) return;
  throw new ShapeError(
    `${name}: windows of ${showShape(kernelSize)} do not fit into ${showShape(room)}, x ${showShape(shape)} with padding.\n` +
      '  Take a smaller kernel, or more padding.',
  );
}

/** The windows of the last two axes, `[..., H', W', kernel]`. */
function windowed(x: Tensor, value: number, { kernelSize, stride, padding }: PoolShape): Tensor {
  const widths = x.shape.map((_, k): readonly [number, number] => {
    const n = padding[k - x.rank + 2] ?? 0;
    return [n, n];
  });
  const padded = widths.some(([n]) => n > 0) ? pad(x, widths, { value }) : x;
  const views = windows(padded, { size: kernelSize, stride });
  return reshape(views, [...views.shape.slice(0, -2), kernelSize[0] * kernelSize[1]]);
}

/** Probabilistic weighted pooling. */
function weighted(x: Tensor, p: number | Tensor, pool: PoolShape): Tensor {
  const cells = windowed(x, -Infinity, pool);
  const rate = typeof p === 'number' ? full([], p, { dtype: 'float64' }) : p;
  const above = countAbove(stopGradient(cells), 'behind');
  const table = astype(winning(rate, cells.shape.at(-1)!), x.dtype);
  const weight = reshape(indexSelect(table, reshape(above, [-1])), above.shape);
  // Cells that are not positive lose against a dropped one; NaN is not let go.
  const positive = logicalNot(lessEqual(cells, 0));
  // Nothing is multiplied by a weight of 0: the cell may be infinite, or NaN.
  const counted = where(logicalAnd(positive, greater(weight, 0)), cells, 0);
  const expected = sum(mul(counted, weight), { axis: -1 });
  const largest = sum(where(equal(above, 0), cells, 0), { axis: -1 });
  const share = astype(pow(sub(1, rate), cellsOf(x.shape, pool)), x.dtype);
  const least = scaledBy(largest, share, greater(share, 0));
  return where(any(positive, { axis: -1 }), expected, least);
}

/** The probability that a cell wins which has `0, 1, ..., size - 1` above it: kept, and those dropped. */
const winning = (p: Tensor, size: number): Tensor =>
  mul(sub(1, p), pow(p, arange(size, { dtype: 'float64' })));

/** How many cells of each window are no padding, float64 `[H', W']`. */
function cellsOf(shape: Shape, { kernelSize, stride, padding }: PoolShape): Tensor {
  const [rows, columns] = shape.slice(-2).map((size, axis) => {
    const [kernel, step, before] = [kernelSize[axis]!, stride[axis]!, padding[axis]!];
    const count = Math.floor((size + 2 * before - kernel) / step) + 1;
    return Array.from({ length: count }, (_, i) => {
      const first = i * step - before;
      return Math.min(size, first + kernel) - Math.max(0, first);
    });
  }) as [number[], number[]];
  return tensor(
    rows.map((a) => columns.map((b) => a * b)),
    { dtype: 'float64' },
  );
}

/** Options of `maxPoolDropoutProbabilities`. */
export interface MaxPoolDropoutProbabilitiesOptions {
  /** Probability of dropping a cell, in [0, 1]. @defaultValue 0.5, as of `maxPoolDropout` */
  readonly p?: Strength;
}

/**
 * Which cell wins a window of `n` non-negative activations in training: the `i`-th smallest with probability
 * `(1 - p) p^(n - i)`, and none, for an output of 0, with `p^n`.
 *
 * @param n  cells of a window, an integer >= 0
 * @returns float64 `[n + 1]`: none, the smallest, ..., the largest; they add up to 1
 * @throws RangeError for other values
 * @example
 * ```ts
 * reg.maxPoolDropoutProbabilities(2, { p: 0.5 }).toArray(); // => [0.25, 0.25, 0.5]
 * ```
 */
export function maxPoolDropoutProbabilities(
  n: number,
  { p = 0.5 }: MaxPoolDropoutProbabilitiesOptions = {},
): Tensor {
  const name = 'maxPoolDropoutProbabilities';
  if (!Number.isInteger(n) || n < 0) {
    throw new RangeError(
      `${name}: n must be an integer >= 0, got ${n}.\n  It is the number of activations in a window, 4 for kernelSize 2.`,
    );
  }
  const given = unitStrength(name, 'p', p, { closed: true });
  const rate = typeof given === 'number' ? full([], given, { dtype: 'float64' }) : given;
  return concat([reshape(pow(rate, n), [1]), flip(winning(rate, n))], { axis: 0 });
}
