import {
  add,
  astype,
  DTypeError,
  div,
  expandDims,
  greater,
  indexSelect,
  isFloating,
  logicalAnd,
  mul,
  oneHot,
  ShapeError,
  sub,
  type Tensor,
  where,
} from '@tikhonov/core';
import { asTensor, kindOf, showShape } from '@tikhonov/core/engine';
import { requireFloating } from './given.ts';

/** Rows that are mixed with each other. */
export interface MixableRows {
  /** Inputs `[n, ...]`, floating. */
  readonly x: Tensor;
  /** Class labels `[n]`, or floating targets `[n, ...]` such as probability rows. */
  readonly y: Tensor;
  /** Weights of the rows `[n]`. A row of weight 0 is mixed with none. */
  readonly sampleWeight?: Tensor;
}

/** Mixed rows. */
export interface MixedRows {
  /** `[n, ...]` */
  readonly x: Tensor;
  /** Probability rows `[n, classes]` of class labels, else of the shape of the targets. */
  readonly y: Tensor;
  /** `[n]`, if the rows had weights: mixed as the targets are. */
  readonly sampleWeight?: Tensor;
  /** Each row's own share, `[n]`; the rest comes from its partner. */
  readonly lambda: Tensor;
}

/** Rows, targets as they can be mixed, and the rows' partners. */
export interface Pairs {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly weight: Tensor | null;
  /** Takes the partner of every row. */
  readonly partner: (rows: Tensor) => Tensor;
  /** Which rows are mixed, bool `[n]`; null if all are. */
  readonly mixes: Tensor | null;
}

/** @throws ShapeError, DTypeError or TypeError if the rows do not fit together */
export function pairsOf(
  name: string,
  rows: MixableRows,
  classes: number | undefined,
  permutation: Tensor,
): Pairs {
  const { x } = rows;
  const y = targetsOf(name, rows, classes);
  const partner = (all: Tensor): Tensor => indexSelect(all, permutation, { axis: 0 });
  if (rows.sampleWeight === undefined) return { x, y, weight: null, partner, mixes: null };
  const weight = astype(asTensor(rows.sampleWeight, name), x.dtype);
  const [n] = x.shape;
  if (showShape(weight.shape) !== showShape([n!])) {
    throw new ShapeError(
      `${name}: sampleWeight must be [${n}], got shape ${showShape(weight.shape)}.`,
    );
  }
  const counts = greater(weight, 0);
  return { x, y, weight, partner, mixes: logicalAnd(counts, partner(counts)) };
}

/** @throws ShapeError or TypeError unless there are rows with floating inputs */
export function requireRows(name: string, { x, y }: MixableRows): void {
  const [input, target] = [asTensor(x, name), asTensor(y, name)];
  requireFloating(name, 'x', input);
  if (input.rank > 0 && target.rank > 0 && input.shape[0] === target.shape[0]) return;
  throw new ShapeError(
    `${name}: x and y must have the same number of rows, got shapes ${showShape(input.shape)} and ${showShape(target.shape)}.`,
  );
}

/** Targets in the dtype of the inputs; class labels as rows of probabilities. */
function targetsOf(name: string, { x, y }: MixableRows, classes: number | undefined): Tensor {
  if (y.dtype === 'bool') {
    throw new DTypeError(`${name}: y must be integer labels or floating targets, got bool.`);
  }
  if (isFloating(y.dtype)) return astype(y, x.dtype);
  if (y.rank !== 1) {
    throw new ShapeError(`${name}: class labels must be [n], got shape ${showShape(y.shape)}.`);
  }
  if (classes === undefined) {
    throw new TypeError(
      `${name}: class labels need the number of classes.\n  Pass { classes }: mixed labels are rows of probabilities.`,
    );
  }
  if (typeof classes !== 'number') {
    throw new TypeError(`${name}: classes must be a number, got ${kindOf(classes)}.`);
  }
  return oneHot(astype(y, 'int32'), classes, { dtype: x.dtype });
}

/**
 * Targets and weights for rows of which a share `lambda [n]` is their own: so that the loss is `lambda w l(y)
 * + (1 - lambda) w' l(y')` with the partner's weight and target, for every loss that is linear in the target.
 */
export function mixedTargets(
  { x, y, weight, partner }: Pairs,
  lambda: Tensor,
  inputs: Tensor,
): MixedRows {
  const others = partner(y);
  if (weight === null) return { x: inputs, y: blend(lambda, y, others), lambda };
  const own = mul(lambda, weight);
  const total = add(own, mul(sub(1, lambda), partner(weight)));
  const share = where(greater(total, 0), div(own, where(greater(total, 0), total, 1)), 1);
  const sampleWeight = astype(total, x.dtype);
  return { x: inputs, y: blend(share, y, others), sampleWeight, lambda };
}

/** `share a + (1 - share) b` with one share per row. */
export function blend(share: Tensor, a: Tensor, b: Tensor): Tensor {
  const perRow = a.shape.slice(1).reduce<Tensor>((s) => expandDims(s, -1), share);
  return add(mul(perRow, a), mul(sub(1, perRow), b));
}
