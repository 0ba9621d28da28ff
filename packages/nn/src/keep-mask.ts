import {
  astype,
  div,
  equal,
  greater,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  type Shape,
  ShapeError,
  sub,
  Tensor,
  where,
} from '@tikhonov/core';
import { check, kindOf, showShape } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';

/** Where the decisions of a step come from: a key, or the decisions themselves. */
export interface MaskSource {
  readonly rng?: Tensor;
  readonly mask?: Tensor;
}

/**
 * What is kept, as bool of the given shape: of a key, one uniform `u` per element in row-major order, which is
 * dropped iff `u < p`; or the given mask of 0 (drop) and 1 (keep).
 *
 * @param name  of the caller, for messages
 * @param p  as `unitStrength` returns it; a tensor may have axes that broadcast to the shape
 * @throws TypeError with neither key nor mask; ShapeError or RangeError for a mask that does not fit
 */
export function keepMask(
  name: string,
  shape: Shape,
  p: number | Tensor,
  { mask, rng }: MaskSource,
): Tensor {
  if (mask !== undefined) {
    if (!(mask instanceof Tensor)) {
      throw new TypeError(`${name}: the mask must be a Tensor, got ${kindOf(mask)}.`);
    }
    if (showShape(mask.shape) !== showShape(shape)) {
      throw new ShapeError(
        `${name}: the mask has shape ${showShape(mask.shape)}, the noise ${showShape(shape)}.\n` +
          '  To share decisions along axes, pass noiseShape too.',
      );
    }
    if (mask.dtype === 'bool') return mask;
    check(
      logicalOr(equal(mask, 0), equal(mask, 1)),
      () =>
        new RangeError(`${name}: the mask must hold 0 (drop) and 1 (keep), got ${String(mask)}.`),
    );
    return greater(mask, 0);
  }
  if (!(rng instanceof Tensor)) {
    throw new TypeError(
      `${name}: training needs a random key, got ${rng === undefined ? 'neither rng nor mask' : kindOf(rng)}.\n` +
        '  Call model.forward(x, { training: true, rng }) with rng = random.foldIn(random.key(seed), step), or leave training off.',
    );
  }
  return logicalNot(random.bernoulli(rng, shape, p));
}

/** `1 - p` in float64. */
export const keepProbability = (p: number | Tensor): number | Tensor =>
  typeof p === 'number' ? 1 - p : sub(1, p);

/** `1 / (1 - p)` in float64; 1 for `p` 1, where nothing survives, so that 0 meets no infinity. */
export function inverseKeep(p: number | Tensor): number | Tensor {
  if (typeof p === 'number') return p === 1 ? 1 : 1 / (1 - p);
  const keep = sub(1, p);
  return div(1, where(equal(keep, 0), 1, keep));
}

/** The mask, or nothing where nothing is alive, as for `p` 1. */
export const survivors = (mask: Tensor, alive: boolean | Tensor): Tensor => {
  if (alive === true) return mask;
  return logicalAnd(mask, alive === false ? none() : alive);
};

/** Where `keep`, `x` times a scale that was computed in float64; elsewhere exactly 0. */
export function scaledBy(x: Tensor, scale: number | Tensor, keep: boolean | Tensor): Tensor {
  const kept = keep === true ? x : where(keep === false ? none() : keep, x, 0);
  if (scale === 1) return kept;
  return mul(kept, typeof scale === 'number' ? scale : astype(scale, x.dtype));
}

const none = (): Tensor => astype(0, 'bool');
