import { asTensor, type TensorLike } from '../../as-tensor.ts';
import { ShapeError, showShape } from '../../errors.ts';
import { add } from '../../primitives/add.ts';
import { reshape } from '../../primitives/reshape.ts';
import type { Tensor } from '../../tensor.ts';
import { requireSameDtype } from './options.ts';

// What convolutions and their transposes do with channels.

/** Below this many positions the rows of one sample are too short for a matrix product of their own. */
const fewPositions = 100;

/**
 * Whether the samples of a batch share one matrix product. It costs a transposition of the result, so
 * it pays where the products of single samples would be small.
 */
export const joinsBatch = (batch: number, positions: number): boolean =>
  batch > 1 && positions < fewPositions;

/** `y` `[N, O, ...]` with a bias `[O]` added, if there is one. */
export function addBias(name: string, y: Tensor, bias: TensorLike | undefined): Tensor {
  if (bias === undefined) return y;
  const b = asTensor(bias, name);
  requireSameDtype(name, 'bias', y, b);
  if (b.rank !== 1 || b.size !== y.shape[1]) {
    throw new ShapeError(
      `${name}: the bias must be [${y.shape[1]}], one value per output channel, got shape ${showShape(b.shape)}.`,
    );
  }
  return add(y, reshape(b, [b.size, ...y.shape.slice(2).map(() => 1)]));
}

/** A RangeError unless `groups` is an integer >= 1, and a ShapeError unless it divides the channels. */
export function requireGroups(name: string, groups: number, what: string, channels: number): void {
  if (!Number.isInteger(groups) || groups < 1) {
    throw new RangeError(`${name}: groups must be an integer >= 1, got ${String(groups)}.`);
  }
  if (channels % groups !== 0) {
    throw new ShapeError(
      `${name}: ${channels} ${what} do not divide into ${groups} groups.\n  Choose groups that divide the channels.`,
    );
  }
}
