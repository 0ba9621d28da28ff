import { isFloating, sizeOf } from '@tikhonov/array';
import { matmul } from '../primitives/matmul.ts';
import { mul } from '../primitives/mul.ts';
import { reshape } from '../primitives/reshape.ts';
import { sum } from '../primitives/sum-broadcast.ts';
import { permute } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';
import { diagonal } from './diagonal.ts';

/** A tensor with a name for each of its axes. */
export interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** An operand with distinct labels: diagonals taken, and axes that only broadcast removed. */
export function labelled(
  operand: Tensor,
  names: readonly string[],
  sizes: ReadonlyMap<string, number>,
): Labelled {
  let x = operand;
  let labels = [...names];
  for (;;) {
    const axis2 = labels.findIndex((label, k) => labels.indexOf(label) !== k);
    if (axis2 === -1) break;
    const label = labels[axis2]!;
    const axis1 = labels.indexOf(label);
    x = diagonal(x, { axis1, axis2 });
    labels = [...labels.filter((_, k) => k !== axis1 && k !== axis2), label];
  }
  const stays = labels.map((label, k) => x.shape[k] === sizes.get(label));
  const shape = x.shape.filter((_, k) => stays[k]);
  return { x: reshape(x, shape), labels: labels.filter((_, k) => stays[k]) };
}

/** Summed over the labels that nobody needs. */
export function summed({ x, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axis = labels.flatMap((label, k) => (needed.has(label) ? [] : [k]));
  return axis.length === 0
    ? { x, labels }
    : { x: sum(x, { axis }), labels: labels.filter((label) => needed.has(label)) };
}

/** The axes in the order of `labels`. */
export function ordered({ x, labels }: Labelled, order: readonly string[]): Tensor {
  const permutation = order.map((label) => labels.indexOf(label));
  return permutation.every((axis, k) => axis === k) ? x : permute(x, permutation);
}

/**
 * The product of two tensors, summed over the labels that are not kept; those are in both, since what
 * only one of them had has been summed before.
 */
export function contract(a: Labelled, b: Labelled, kept: ReadonlySet<string>): Labelled {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => kept.has(label));
  const inner = shared.filter((label) => !kept.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const sizes = (of: Labelled, names: readonly string[]): number[] =>
    names.map((label) => of.x.shape[of.labels.indexOf(label)]!);
  const batchSizes = sizes(a, batch);
  const [rowSizes, columnSizes] = [sizes(a, rows), sizes(b, columns)];
  const labels = [...batch, ...rows, ...columns];
  if (inner.length === 0 || !isFloating(a.x.dtype)) {
    // An elementwise product; integers, which have no matrix product, are summed after it.
    const ones = (names: readonly string[]): number[] => names.map(() => 1);
    const left = reshape(ordered(a, [...batch, ...rows, ...inner]), [
      ...[...batchSizes, ...rowSizes, ...ones(columns)],
      ...sizes(a, inner),
    ]);
    const right = reshape(ordered(b, [...batch, ...columns, ...inner]), [
      ...[...batchSizes, ...ones(rows), ...columnSizes],
      ...sizes(b, inner),
    ]);
    return summed({ x: mul(left, right), labels: [...labels, ...inner] }, kept);
  }
  const depth = sizeOf(sizes(a, inner));
  const left = reshape(ordered(a, [...batch, ...rows, ...inner]), [
    ...batchSizes,
    sizeOf(rowSizes),
    depth,
  ]);
  const right = reshape(ordered(b, [...batch, ...inner, ...columns]), [
    ...batchSizes,
    depth,
    sizeOf(columnSizes),
  ]);
  const product = matmul(left, right);
  return { x: reshape(product, [...batchSizes, ...rowSizes, ...columnSizes]), labels };
}
