import type { Tensor } from '@tikhonov/core';
import type { Named } from './transform.ts';

/** Gradients by name as `Parameter.grad` has them: null where there is none. */
export type GivenGradients = Readonly<Record<string, Tensor | null>>;

/** Those that are there. */
export const present = (grads: GivenGradients): Named =>
  Object.fromEntries(
    Object.entries(grads).flatMap(([name, g]) => (g instanceof Object ? [[name, g] as const] : [])),
  );
