import {
  add,
  astype,
  broadcastTo,
  clamp,
  div,
  floor,
  floorDivide,
  logicalAnd,
  mul,
  random,
  reshape,
  select,
  sqrt,
  stack,
  sub,
  sum,
  type Tensor,
  where,
} from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { insideBox } from './box.ts';
import { type AugmentStrength, drawnOr, imageSizes } from './given.ts';
import { type MixableRows, type MixedRows, mixedTargets, pairsOf, requireRows } from './mixing.ts';
import { partnersOf, shareOf } from './mixing-draws.ts';

/** Options of `cutmix`. */
export interface CutmixOptions {
  /**
   * Of the Beta distribution that the area left of an image is drawn from, >= 0; 0 cuts nothing.
   * @defaultValue 1, the paper's
   */
  readonly alpha?: AugmentStrength;
  /** Number of classes; needed for class labels. */
  readonly classes?: number;
  /** What to draw with. */
  readonly key?: Tensor;
  /** `[y0, y1, x0, x1]`, int32: rows `[y0, y1)` and columns `[x0, x1)`, in place of a draw. */
  readonly box?: Tensor;
  /** The row that each is mixed with, int32 `[n]`, in place of a draw. */
  readonly permutation?: Tensor;
}

const known: OptionNames<CutmixOptions> = {
  alpha: true,
  classes: true,
  key: true,
  box: true,
  permutation: true,
};

/**
 * CutMix: a box of every image is replaced by that of another image of the batch, and the targets are mixed
 * by area: a share `lambda = 1 - area of the box / area of the image` is the image's own. With `r ~
 * Beta(alpha, alpha)`, one for the batch, the box has sides of `sqrt(1 - r)` times those of the image,
 * rounded down to whole pixels, around a centre drawn uniformly, and is cut off at the border; lambda comes from
 * what is left of it. For training only.
 *
 * @param rows  images `[n, channels, height, width]`, and labels `[n]` or floating targets `[n, ...]`
 * @returns rows of the same shapes, class labels as probabilities `[n, classes]`
 * @throws RangeError for a bad alpha; ShapeError or DTypeError for rows that do not fit; TypeError for class
 *   labels without `classes`, or without a key where one is needed
 * @see Yun, Han, Oh, Chun, Choe & Yoo, "CutMix: Regularization Strategy to Train Strong Classifiers with
 *   Localizable Features" (2019)
 * @example
 * ```ts
 * const x = tensor([[[[1, 1], [1, 1]]], [[[2, 2], [2, 2]]]]);
 * const rows = { x, y: tensor([0, 1], { dtype: 'int32' }) };
 * const [permutation, box] = [[1, 0], [0, 1, 0, 1]].map((x) => tensor(x, { dtype: 'int32' }));
 * const mixed = data.cutmix(rows, { classes: 2, permutation, box });
 * select(mixed.x, 0).toArray(); // => [[[2, 1], [1, 1]]]
 * select(mixed.y, 0).toArray(); // => [0.75, 0.25]
 * ```
 */
export function cutmix(rows: MixableRows, options: CutmixOptions): MixedRows {
  const name = 'cutmix';
  requireOptions(name, options, known);
  requireRows(name, rows);
  const { x } = rows;
  const { n, height, width } = imageSizes(name, x);
  const { alpha = 1, key, permutation, classes } = options;
  const given = { key, given: options.box };
  const box = drawnOr(name, 'box', given, { shape: [4], dtype: 'int32' }, (from) =>
    drawBox(from, sub(1, shareOf(name, { alpha, lambda: undefined, key: from }, x.dtype)), [
      height,
      width,
    ]),
  );
  const side = (k: number): Tensor => select(box, k);
  const sides = { top: side(0), bottom: side(1), left: side(2), right: side(3) };
  const inside = insideBox(sides, [height, width]);
  const pairs = pairsOf(name, rows, classes, partnersOf(name, { key, permutation }, n));
  const lambda = sub(1, div(sum(astype(inside, x.dtype)), Math.max(height * width, 1)));
  const all = broadcastTo(lambda, [n]);
  const { mixes } = pairs;
  const share = mixes === null ? all : where(mixes, all, 1);
  const replaced = mixes === null ? inside : logicalAnd(inside, reshape(mixes, [n, 1, 1, 1]));
  return mixedTargets(pairs, share, where(replaced, pairs.partner(x), x));
}

/** A box of a share of an image's area around a random pixel, cut off at the border: int32 `[4]`. */
function drawBox(key: Tensor, area: Tensor, sizes: readonly [number, number]): Tensor {
  const edges = sizes.flatMap((size, axis) => {
    const length = astype(floor(mul(sqrt(area), size)), 'int32');
    const named = random.foldIn(key, axis === 0 ? 'row' : 'column');
    const start = sub(random.randint(named, [], 0, size), floorDivide(length, 2));
    return [start, add(start, length)].map((edge) => clamp(edge, { min: 0, max: size }));
  });
  return stack(edges);
}
