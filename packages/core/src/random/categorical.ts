import type { Shape } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { detach } from '../cell.ts';
import { checkShape } from '../create.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { check } from '../primitives/check.ts';
import { greater, less } from '../primitives/compare.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { argmax, max } from '../primitives/max.ts';
import { reshape } from '../primitives/reshape.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import { permute } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';
import { requireKey } from './bits.ts';
import { gumbel } from './exponential.ts';

/** Options of `categorical`. */
export interface CategoricalOptions {
  /** The axis of the classes. @defaultValue -1 */
  readonly axis?: number;
  /**
   * Shape of the draws; the logits without their class axis must broadcast to it.
   * @defaultValue the logits' shape without the class axis: one draw each
   */
  readonly shape?: Shape;
  /** Instead of `shape`: draws per distribution, on a new last axis, as PyTorch's `multinomial`. */
  readonly numSamples?: number;
}

/**
 * Class indices drawn with probabilities `softmax(logits)`, with replacement: the position of the
 * largest of `logits + gumbel`. Logits need not be normalised; -Infinity is a class that is never drawn.
 * No gradient.
 *
 * @param logits  floating, at least one axis
 * @returns int32, of the shape that the options say
 * @throws RangeError if a logit is NaN or Infinity, or all logits of a distribution are -Infinity
 * @throws ShapeError if there are no classes or `shape` does not fit; TypeError for both `shape` and
 * `numSamples`
 * @see Gumbel, "Statistical theory of extreme values", NBS Applied Mathematics 33 (1954)
 * @example
 * ```ts
 * const logits = tensor([-Infinity, 0, -Infinity]);
 * random.categorical(random.key(0), logits, { numSamples: 3 }).toArray(); // => [1, 1, 1]
 * random.categorical(random.key(0), zeros([4, 10])).shape; // => [4]
 * ```
 */
export function categorical(
  from: Tensor,
  logits: TensorLike,
  options: CategoricalOptions = {},
): Tensor {
  const name = 'random.categorical';
  requireKey(name, from);
  requireOptions(name, options, { axis: true, shape: true, numSamples: true });
  const source = detach(asTensor(logits, 'random.categorical'));
  if (source.dtype !== 'float32' && source.dtype !== 'float64') {
    throw new DTypeError(
      `${name}: logits must be float32 or float64, got ${source.dtype}.\n  Of probabilities, take the logarithm.`,
    );
  }
  const axis = normalizeAxis(name, options.axis ?? -1, source.shape);
  const last = classesLast(astype(source, 'float64'), axis);
  const classes = last.shape.at(-1)!;
  if (classes === 0) {
    throw new ShapeError(
      `${name}: there are no classes on axis ${axis} of ${showShape(source.shape)}.`,
    );
  }
  const top = max(last, { axis: -1 });
  check(
    logicalAnd(greater(top, -Infinity), less(top, Infinity)),
    () =>
      new RangeError(
        `${name}: each row of logits needs a finite largest one, got ${String(source)}.\n  NaN and Infinity are no logits; -Infinity must leave a class.`,
      ),
  );
  const batch = last.shape.slice(0, -1);
  if (options.numSamples !== undefined) {
    const { numSamples } = options;
    if (options.shape !== undefined)
      throw new TypeError(`${name}: give shape or numSamples, not both.`);
    checkShape(name, [numSamples]);
    const rows = reshape(last, [...batch, 1, classes]);
    return pick(from, rows, [...batch, numSamples], classes);
  }
  const shape = options.shape ?? batch;
  checkShape(name, shape);
  const fits = batch.every((n, k) => {
    const target = shape[k + shape.length - batch.length];
    return n === target || (n === 1 && target !== undefined);
  });
  if (!fits) {
    throw new ShapeError(
      `${name}: distributions of shape ${showShape(batch)} do not broadcast to ${showShape(shape)}.`,
    );
  }
  return pick(from, last, shape, classes);
}

const pick = (from: Tensor, logits: Tensor, shape: Shape, classes: number): Tensor => {
  const full = [...shape, classes];
  const noise = gumbel(from, full, { dtype: 'float64' });
  return argmax(add(broadcastTo(logits, full), noise), { axis: -1 });
};

function classesLast(x: Tensor, axis: number): Tensor {
  if (axis === x.rank - 1) return x;
  const others = x.shape.map((_, k) => k).filter((k) => k !== axis);
  return permute(x, [...others, axis]);
}
