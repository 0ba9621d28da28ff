import { full, matmul, type Tensor, tanh } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { real } from './draws.ts';

/** How branches may be scaled. */
export const scales: readonly ['eval', 'keep'] = ['eval', 'keep'];
/** For what decisions may be made. */
export const modes: readonly ['batch', 'row'] = ['batch', 'row'];

/** Rows for a block, weights of its branch, and how it is dropped. */
export interface BlockCase {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly survival: number;
  readonly scale: 'eval' | 'keep';
  readonly mode: 'batch' | 'row';
}

/** Draws one. */
export const problem = (draw: CaseDraw): BlockCase => {
  const [n, d] = [draw.integer(1, 3), draw.integer(1, 3)];
  return {
    x: draw.tensor([n, d]),
    w: draw.tensor([d, d]),
    survival: real(draw, 0.1, 1),
    scale: draw.pick(scales),
    mode: draw.pick(modes),
  };
};

/** The branch with weights. */
export const branchOf =
  (w: Tensor) =>
  (h: Tensor): Tensor =>
    tanh(matmul(h, w));

/** Gates of a block: the same for all samples. */
export const gatesOf = (mode: 'batch' | 'row', n: number, open: number): Tensor =>
  full(mode === 'batch' ? [] : [n], open, { dtype: 'float64' });
