import type { Operation } from '@tikhonov/check';
import { movement, products, reductions } from './arrays.ts';
import { elementwise } from './elementwise.ts';
import { linearAlgebra } from './linalg.ts';
import { modules } from './modules.ts';
import { layers, losses } from './networks.ts';
import { convolutions, pooling } from './windows.ts';

/**
 * Every public operation that is composed of others, with the cases that the laws draw: an export of
 * core or nn without a line in one of these files fails a test.
 */
export const operations: readonly Operation[] = [
  ...elementwise,
  ...reductions,
  ...products,
  ...movement,
  ...convolutions,
  ...pooling,
  ...linearAlgebra,
  ...losses,
  ...layers,
  ...modules,
];
