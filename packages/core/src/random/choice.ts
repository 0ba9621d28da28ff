import { type Shape, sizeOf } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { type Cell, detach } from '../cell.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { add } from '../primitives/add.ts';
import { argsort } from '../primitives/argsort.ts';
import { astype } from '../primitives/astype.ts';
import { check } from '../primitives/check.ts';
import { greater, greaterEqual, less } from '../primitives/compare.ts';
import { indexSelect } from '../primitives/gather-scatter.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { reshape } from '../primitives/reshape.ts';
import { slice } from '../primitives/slice-pad.ts';
import { sum } from '../primitives/sum-broadcast.ts';
import type { Tensor } from '../tensor.ts';
import { requireDraw } from './bits.ts';
import { categorical } from './categorical.ts';
import { permutation, randint } from './discrete.ts';
import { gumbel } from './exponential.ts';
import { portableLog } from './log-exp.ts';

/** Options of `choice`. */
export interface ChoiceOptions {
  /** Whether a position may be drawn twice. @defaultValue true */
  readonly replace?: boolean;
  /** Weights `[n]`, >= 0; they need not sum to 1. @defaultValue equal ones */
  readonly p?: Tensor;
  /** The axis of a tensor from which slices are taken. @defaultValue 0 */
  readonly axis?: number;
}

/**
 * Random elements: of `0 .. n - 1` for a number (int32), or slices along `axis` of a tensor. Without
 * replacement each is drawn at most once; with weights too, one after the other in proportion to those
 * that are left (by the `k` largest of `log p + gumbel`).
 *
 * @param source  an integer >= 1, or a tensor
 * @param shape  of the draws; it takes the place of `axis` in the result. @defaultValue `[]`, one draw
 * @throws RangeError for more draws than there are (positive) weights without replacement, for negative
 * or non-finite weights, or none that is positive
 * @see Efraimidis & Spirakis, "Weighted random sampling with a reservoir", Inf. Proc. Letters 97 (2006)
 * @example
 * ```ts
 * const hand = random.choice(random.key(0), 52, [5], { replace: false });
 * new Set(hand.toArray<number[]>()).size; // => 5
 * random.choice(random.key(0), tensor([[1, 2], [3, 4]]), [3]).shape; // => [3, 2]
 * ```
 */
export function choice(
  from: Tensor,
  source: number | Tensor | Cell,
  shape: Shape = [],
  options: ChoiceOptions = {},
): Tensor {
  const name = 'random.choice';
  requireOptions(name, options, { replace: true, p: true, axis: true });
  requireDraw(name, from, shape);
  if (typeof source === 'number') {
    if (!Number.isInteger(source) || source < 1) {
      throw new RangeError(`${name}: needs an integer >= 1 or a tensor, got ${source}.`);
    }
    return reshape(positions(from, source, sizeOf(shape), options), shape);
  }
  const values = asTensor(source, 'random.choice');
  const axis = normalizeAxis(name, options.axis ?? 0, values.shape);
  const n = values.shape[axis]!;
  if (n === 0) {
    throw new ShapeError(
      `${name}: nothing to choose on axis ${axis} of ${showShape(values.shape)}.`,
    );
  }
  const picked = indexSelect(values, positions(from, n, sizeOf(shape), options), { axis });
  return reshape(picked, [
    ...values.shape.slice(0, axis),
    ...shape,
    ...values.shape.slice(axis + 1),
  ]);
}

/** `count` positions below `n`. */
function positions(from: Tensor, n: number, count: number, options: ChoiceOptions): Tensor {
  const { replace = true, p } = options;
  if (!replace && count > n) {
    throw new RangeError(
      `random.choice: ${count} draws from ${n} without replacement.\n  Draw fewer, or pass { replace: true }.`,
    );
  }
  if (p === undefined) {
    return replace ? randint(from, [count], 0, n) : slice(permutation(from, n), [{ stop: count }]);
  }
  const weights = checkedWeights(p, n, replace ? 1 : count);
  const logits = portableLog(weights);
  if (replace) return categorical(from, logits, { numSamples: count });
  const order = argsort(add(logits, gumbel(from, [n], { dtype: 'float64' })), { descending: true });
  return slice(order, [{ stop: count }]);
}

function checkedWeights(p: TensorLike, n: number, needed: number): Tensor {
  const given = detach(asTensor(p, 'random.choice'));
  if (given.rank !== 1 || given.shape[0] !== n) {
    throw new ShapeError(`random.choice: p must be [${n}], got ${showShape(given.shape)}.`);
  }
  if (given.dtype !== 'float32' && given.dtype !== 'float64') {
    throw new DTypeError(`random.choice: p must be float32 or float64, got ${given.dtype}.`);
  }
  const weights = astype(given, 'float64');
  check(
    logicalAnd(greaterEqual(weights, 0), less(weights, Infinity)),
    () => new RangeError(`random.choice: weights must be finite and >= 0, got ${String(given)}.`),
  );
  check(
    greaterEqual(sum(astype(greater(weights, 0), 'int32')), needed),
    () =>
      new RangeError(
        `random.choice: needs at least ${needed} positive weights, got ${String(given)}.`,
      ),
  );
  return weights;
}
