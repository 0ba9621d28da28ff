import { broadcastTo, type Tensor, where } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { AugmentStrength } from './given.ts';
import {
  blend,
  type MixableRows,
  type MixedRows,
  mixedTargets,
  pairsOf,
  requireRows,
} from './mixing.ts';
import { partnersOf, shareOf } from './mixing-draws.ts';

/** Options of `mixup`. */
export interface MixupOptions {
  /**
   * Of the Beta distribution that `lambda` is drawn from, >= 0; 0 mixes nothing. The paper takes 0.1 to 0.4
   * for ImageNet. @defaultValue 0.2
   */
  readonly alpha?: AugmentStrength;
  /** Number of classes; needed for class labels. */
  readonly classes?: number;
  /** What to draw with. */
  readonly key?: Tensor;
  /** Share of a row's own input in [0, 1], in place of a draw. */
  readonly lambda?: AugmentStrength;
  /** The row that each is mixed with, int32 `[n]`, in place of a draw. */
  readonly permutation?: Tensor;
}

const known: OptionNames<MixupOptions> = {
  alpha: true,
  classes: true,
  key: true,
  lambda: true,
  permutation: true,
};

/**
 * Mixup: every row becomes `lambda x + (1 - lambda) x'` with another row `x'` of the batch, and its target
 * likewise, so that between examples the network has to be linear. One `lambda ~ Beta(alpha, alpha)` is drawn
 * for the whole batch, as the authors' code does. For training only.
 *
 * Class labels become rows of probabilities, which `nn.crossEntropy` takes; its loss is then `lambda CE(y) +
 * (1 - lambda) CE(y')`.
 *
 * @param rows  inputs `[n, ...]`, and labels `[n]` or floating targets `[n, ...]`
 * @returns mixed rows of the same shapes, class labels as `[n, classes]`
 * @throws RangeError for an alpha or lambda out of range; ShapeError or DTypeError for rows that do not fit;
 *   TypeError for class labels without `classes`, or without a key where one is needed
 * @see Zhang, Cisse, Dauphin & Lopez-Paz, "mixup: Beyond Empirical Risk Minimization" (2018)
 * @example
 * ```ts
 * const rows = { x: tensor([[0], [4]]), y: tensor([0, 1], { dtype: 'int32' }) };
 * const permutation = tensor([1, 0], { dtype: 'int32' });
 * const mixed = data.mixup(rows, { classes: 2, lambda: 0.75, permutation });
 * mixed.x.toArray(); // => [[1], [3]]
 * mixed.y.toArray(); // => [[0.75, 0.25], [0.25, 0.75]]
 * ```
 */
export function mixup(rows: MixableRows, options: MixupOptions): MixedRows {
  const name = 'mixup';
  requireOptions(name, options, known);
  requireRows(name, rows);
  const { dtype, shape } = rows.x;
  const [n] = shape;
  const { alpha = 0.2, lambda, key, permutation, classes } = options;
  const drawn = shareOf(name, { alpha, lambda, key }, dtype);
  const pairs = pairsOf(name, rows, classes, partnersOf(name, { key, permutation }, n!));
  const all = broadcastTo(drawn, [n!]);
  const share = pairs.mixes === null ? all : where(pairs.mixes, all, 1);
  return mixedTargets(pairs, share, blend(share, rows.x, pairs.partner(rows.x)));
}
