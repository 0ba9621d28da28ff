import { type DType, DTypeError, isFloating, ShapeError, Tensor, tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { kindOf } from './kinds.ts';

/** Rows for one step, as loaders and functions give them to `fit`. */
export interface TrainItem {
  /** `[b, ...]` */
  readonly x: Tensor;
  /** `[b]` or `[b, ...]` */
  readonly y: Tensor;
  /** Number of rows that count. @defaultValue all, or those of the mask */
  readonly size?: number | undefined;
  /** bool `[b]`: which rows count. @defaultValue all */
  readonly mask?: Tensor | undefined;
  /** Floating `[b]`, finite and >= 0: how much each row counts. @defaultValue all the same */
  readonly sampleWeight?: Tensor | undefined;
}

/** The rows of a step, checked. */
export interface StepRows {
  readonly x: Tensor;
  readonly y: Tensor;
  /** `[b]`, 0 for rows that do not count; only if not all count the same. */
  readonly sampleWeight?: Tensor;
  /** Number of rows that count. */
  readonly size: number;
  /** Sum of the weights; the number of rows without weights. */
  readonly weight: number;
}

/** What the items of a source must have. */
export interface ItemRules {
  /** Who takes the rows, for messages. @defaultValue 'fit' */
  readonly caller?: string;
  /** Where they come from and may be changed, for messages: `the loader's map`. */
  readonly origin: string;
  /** Whether some items have filling, so that all need a mask: one program then does for all. */
  readonly padded: boolean;
  /** Whether the data set has weights, which must not get lost on the way. */
  readonly weighted: boolean;
}

/**
 * An item as the rows of a step.
 *
 * @throws TypeError, ShapeError, DTypeError or RangeError for an item that is none
 */
export function rowsOfItem(item: unknown, rules: ItemRules): StepRows {
  requireItem(item, rules);
  const { caller = 'fit' } = rules;
  const { x, y, mask, sampleWeight } = item;
  const rows = x.shape[0]!;
  const counts = maskOf(caller, item, rows);
  let size = rows;
  if (counts !== null) for (let i = 0; i < rows; i++) if (counts[i]! === 0) size -= 1;
  if (item.size !== undefined && item.size !== size) {
    throw new RangeError(
      `${caller}: a batch has size ${String(item.size)}, but ${size} of its ${rows} rows count${mask === undefined ? '' : ' by its mask'}.\n` +
        '  Leave size out, or say with a mask which rows count.',
    );
  }
  if (sampleWeight === undefined && size === rows && !rules.padded) {
    return { x, y, size, weight: size };
  }
  const weights = sampleWeight === undefined ? null : weightsOf(caller, sampleWeight, rows);
  const dtype = sampleWeight?.dtype ?? floatingLike(x);
  const values = new Float64Array(rows);
  let weight = 0;
  for (let i = 0; i < rows; i++) {
    if (counts !== null && counts[i]! === 0) continue;
    values[i] = weights === null ? 1 : weights[i]!;
    weight += values[i]!;
  }
  return { x, y, sampleWeight: tensor(values, { dtype }), size, weight };
}

const floatingLike = (x: Tensor): DType => (isFloating(x.dtype) ? x.dtype : 'float32');

function requireItem(item: unknown, rules: ItemRules): asserts item is TrainItem {
  const { origin, caller = 'fit' } = rules;
  if (typeof item !== 'object' || item === null || item instanceof Tensor || Array.isArray(item)) {
    throw new TypeError(
      `${caller}: ${origin} must give { x, y } for every batch, it gave ${kindOf(item)}.`,
    );
  }
  const { x, y }: { readonly x?: unknown; readonly y?: unknown } = item;
  if (!(x instanceof Tensor && y instanceof Tensor)) {
    const seen = Object.entries(item).map(([name, value]) => `${name}: ${kindOf(value)}`);
    throw new TypeError(
      `${caller}: ${origin} must give { x, y } with Tensors for every batch, it gave { ${seen.join(', ')} }.\n` +
        '  What else a step needs belongs into x, y, mask or sampleWeight.',
    );
  }
  if (x.rank === 0 || x.shape[0] !== y.shape[0] || x.shape[0] === 0) {
    throw new ShapeError(
      `${caller}: ${origin} gave x ${showShape(x.shape)} and y ${showShape(y.shape)}.\n  Their first axis counts the rows, at least one.`,
    );
  }
  for (const [name, isNeeded, why] of [
    ['mask', rules.padded, 'the loader fills its last batch'],
    ['sampleWeight', rules.weighted, 'the rows have weights'],
  ] as const) {
    if (!isNeeded || name in item) continue;
    throw new TypeError(
      `${caller}: ${origin} dropped the ${name}, but ${why}.\n  Keep the other fields: map: (batch, key) => ({ ...batch, x }).`,
    );
  }
}

function maskOf(caller: string, { mask }: TrainItem, rows: number): ArrayLike<number> | null {
  if (mask === undefined) return null;
  if (!(mask instanceof Tensor)) {
    throw new TypeError(`${caller}: the mask of a batch must be a Tensor, got ${kindOf(mask)}.`);
  }
  if (mask.dtype !== 'bool') {
    throw new DTypeError(
      `${caller}: the mask of a batch must be bool, got ${mask.dtype}.\n  Weights of rows go into sampleWeight.`,
    );
  }
  requirePerRow(caller, 'mask', mask, rows);
  return mask.data();
}

function weightsOf(caller: string, weights: Tensor, rows: number): ArrayLike<number> {
  if (!(weights instanceof Tensor)) {
    throw new TypeError(
      `${caller}: the sampleWeight of a batch must be a Tensor, got ${kindOf(weights)}.`,
    );
  }
  if (!isFloating(weights.dtype)) {
    throw new DTypeError(
      `${caller}: the sampleWeight of a batch must be floating, got ${weights.dtype}.\n  Cast with astype('float32').`,
    );
  }
  requirePerRow(caller, 'sampleWeight', weights, rows);
  const values = weights.data();
  for (const value of values) {
    if (value >= 0 && value < Infinity) continue;
    throw new RangeError(
      `${caller}: the sampleWeight of a batch must be finite and >= 0, got ${value}.\n  A weight of 0 leaves a row out.`,
    );
  }
  return values;
}

function requirePerRow(caller: string, name: string, value: Tensor, rows: number): void {
  if (value.rank === 1 && value.shape[0] === rows) return;
  throw new ShapeError(
    `${caller}: the ${name} of a batch must be [${rows}], one per row, got ${showShape(value.shape)}.`,
  );
}
