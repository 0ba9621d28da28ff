import type { Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { Transform } from '@tikhonov/optim';
import { parametersOf } from './draws.ts';

/** Gradients, or parameters, by name. */
export type Gradients = Readonly<Record<string, Tensor>>;

/** One to three tensors of any shapes by name. */
export const gradientsOf = (draw: CaseDraw): Gradients =>
  Object.fromEntries(parametersOf(draw).map((g, i) => [`w${i}`, g]));

/** Other numbers of the same shapes. */
export const like = (draw: CaseDraw, given: Gradients): Gradients =>
  Object.fromEntries(Object.entries(given).map(([name, x]) => [name, draw.tensor(x.shape)]));

/** All elements in a row. */
export const elements = (grads: Gradients): number[] =>
  Object.values(grads).flatMap((g) => Array.from(g.data()));

/** `sqrt(sum g^2)` written out, independently of the optimizers' norm. */
export const lengthOf = (grads: Gradients): number =>
  Math.sqrt(elements(grads).reduce((total, x) => total + x * x, 0));

/** The smallest slack over the tensors of two records with the same names. */
export const same = (
  got: Gradients,
  want: Gradients,
  compare: (got: Tensor, want: Tensor) => number,
): number => Math.min(1, ...Object.keys(want).map((name) => compare(got[name]!, want[name]!)));

/** What a transform makes of gradients at its first step. */
export const applied = (
  transform: Transform,
  grads: Gradients,
  params: Gradients = grads,
): Gradients => transform.update(grads, transform.init(params), params)[0];
