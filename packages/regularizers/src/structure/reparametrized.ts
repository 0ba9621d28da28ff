import { sin, type Tensor } from '@tikhonov/core';
import { normalizedWeight } from '@tikhonov/nn';

/** A number that depends on every element of a weight in another way. */
export const seen = (w: Tensor): Tensor => sin(w.mul(2).add(1)).sum();

/** `seen` of a weight of lengths `g` and directions `v`. */
export const normalizedWeightOf = (v: Tensor, g: Tensor): Tensor => seen(normalizedWeight(v, g));
