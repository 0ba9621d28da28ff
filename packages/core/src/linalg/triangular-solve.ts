import { type TriangularSystem, triangularSolveKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { tril, triu } from '../ops/triangular.ts';
import { requireOptions } from '../options.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { matmul } from '../primitives/matmul.ts';
import { neg } from '../primitives/neg.ts';
import { squeeze } from '../primitives/reshape.ts';
import { transpose } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';
import { drawBatch, drawSquare } from './cases.ts';
import { requireResult, requireSquare, systemOf } from './matrices.ts';

/** The triangle that is read, and so the only place where the derivative is not 0. */
function triangle(x: Tensor, { upper, unitDiagonal }: TriangularSystem): Tensor {
  const k = unitDiagonal ? 1 : 0;
  return upper ? triu(x, { k }) : tril(x, { k: -k });
}

/** `op(A) X = B`, `[...b, n, n]` and `[...b, n, m]`; NaN where the diagonal has a 0. */
export const triangularSolveP: Primitive<2, TriangularSystem> = /* @__PURE__ */ definePrimitive({
  name: 'triangularSolve',
  infer: ([a, b]) => {
    requireSquare('triangularSolve', a);
    return { shape: b.shape, dtype: b.dtype };
  },
  forward: ([a, b], system) => triangularSolveKernel(a, b, system),
  // With Bbar = op(A)^-T G: d op(A) gets -Bbar X^T.
  vjp: [
    (x, [a], system) => {
      const back = { ...system, transpose: !system.transpose };
      return (g) => {
        const toB = bind(triangularSolveP, [a, g], back);
        const outer = system.transpose ? matmul(x, transpose(toB)) : matmul(toB, transpose(x));
        return neg(triangle(outer, system));
      };
    },
    (_x, [a], system) => {
      const back = { ...system, transpose: !system.transpose };
      return (g) => bind(triangularSolveP, [a, g], back);
    },
  ],
});

export const triangularSolveChecks: Checks<typeof triangularSolveP> = {
  cases: (draw) => {
    const batch = drawBatch(draw);
    const n = draw.integer(0, 3);
    const attrs = {
      upper: draw.pick([false, true]),
      transpose: draw.pick([false, true]),
      unitDiagonal: draw.pick([false, true]),
    };
    const b = draw.tensor([...batch, n, draw.integer(0, 3)]);
    return { inputs: [drawSquare(draw, n, 2.5, batch), b], attrs };
  },
};

/** Options of `triangularSolve`. */
export interface TriangularSolveOptions {
  /** Read the upper triangle instead of the lower. @defaultValue false */
  readonly upper?: boolean;
  /** Solve with the transpose of the triangle. @defaultValue false */
  readonly transpose?: boolean;
  /** Take the diagonal as ones. @defaultValue false */
  readonly unitDiagonal?: boolean;
}

/**
 * The solution of `A X = B` for triangular `A`, by substitution. Only the named triangle is read, and only it
 * gets a gradient. Batch axes broadcast. `[..., n, n], [..., n, m] -> [..., n, m]`; a vector `[n]` gives one.
 *
 * @param a  the triangle, floating
 * @param b  right-hand sides: a vector `[n]`, or columns
 * @throws RangeError if the diagonal has a 0 or the solution is NaN; ShapeError or DTypeError for arguments
 * that do not fit
 * @example
 * ```ts
 * const l = tensor([[2, 0], [1, 4]]);
 * linalg.triangularSolve(l, tensor([2, 9])).toArray(); // => [1, 2]
 * linalg.triangularSolve(l, tensor([4, 8]), { transpose: true }).toArray(); // => [1, 2]
 * ```
 */
export function triangularSolve(
  a: TensorLike,
  b: TensorLike,
  options: TriangularSolveOptions = {},
): Tensor {
  requireOptions('triangularSolve', options, { upper: true, transpose: true, unitDiagonal: true });
  const matrix = asTensor(a, 'triangularSolve');
  requireSquare('triangularSolve', matrix);
  const system = systemOf('triangularSolve', matrix, asTensor(b, 'triangularSolve'));
  const x = bind(triangularSolveP, [system.a, system.b], {
    upper: options.upper ?? false,
    transpose: options.transpose ?? false,
    unitDiagonal: options.unitDiagonal ?? false,
  });
  requireResult('triangularSolve', x, 2, 'has a 0 on its diagonal, or an element is not finite.');
  return system.vector ? squeeze(x, -1) : x;
}
