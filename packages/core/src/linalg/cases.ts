import type { CaseDraw } from '../case-draw.ts';
import { eye, tensor } from '../create.ts';
import { add } from '../primitives/add.ts';
import { flip } from '../primitives/flip.ts';
import { mul } from '../primitives/mul.ts';
import { slice } from '../primitives/slice-pad.ts';
import { transpose } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';

/** A batch shape for cases. */
export const drawBatch = (draw: CaseDraw): readonly number[] =>
  draw.shape({ maxRank: 1, maxSize: 2 });

/** The same values, often in another memory layout. */
function relaid(draw: CaseDraw, x: Tensor): Tensor {
  const way = draw.integer(0, 2);
  if (way === 1) return transpose(add(transpose(x), 0));
  if (way === 2) return flip(add(flip(x), 0));
  return x;
}

/** Matrices `[...batch, n, n]` close enough to `scale` times the identity to be well conditioned. */
export function drawSquare(
  draw: CaseDraw,
  n: number,
  scale: number,
  batch: readonly number[] = drawBatch(draw),
): Tensor {
  const noise = draw.tensor([...batch, n, n], { min: -1, max: 1 });
  return relaid(draw, add(noise, mul(eye(n, { dtype: 'float64' }), scale)));
}

/** Matrices `[...batch, m, n]` of full rank with distinct singular values, near 3, 9, 15. */
export function drawSpread(draw: CaseDraw, m: number, n: number): Tensor {
  const noise = draw.tensor([...drawBatch(draw), m, n], { min: -0.8, max: 0.8 });
  const k = Math.max(m, n);
  const values = tensor(
    Array.from({ length: k }, (_, i) => 3 + 6 * i),
    { dtype: 'float64' },
  );
  const diagonal = mul(eye(k, { dtype: 'float64' }), values);
  return relaid(draw, add(noise, slice(diagonal, [{ stop: m }, { stop: n }])));
}
