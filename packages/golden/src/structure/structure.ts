import type { DType } from '@tikhonov/core';
import type { Methods } from '../objective/adapter.ts';
import { runMethods } from '../objective/objective.ts';
import type { Outcome } from '../outcome.ts';
import type { Through } from '../through.ts';
import { maps } from './maps.ts';
import { residual } from './residual.ts';
import { units } from './units.ts';
import { weights } from './weights.ts';

/** Tables by family, each in a file of its own. */
const methods: Methods = {
  ...maps,
  ...residual,
  ...units,
  ...weights,
};

/**
 * Runs the cases of `structure.json`: values and gradients of what acts on the network.
 *
 * @param only  keeps the cases whose method, variant or id contains it
 * @param through  what every function of tensors is called through
 */
export const runStructure = (
  float: DType,
  tolerance: number,
  only = '',
  through: Through = (f) => f,
): Outcome[] => runMethods('structure.json', methods, float, tolerance, only, through);
