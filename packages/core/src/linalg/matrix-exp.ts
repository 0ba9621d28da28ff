import { matrixExpKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import { detach } from '../cell.ts';
import type { Checks } from '../checks.ts';
import { zerosLike } from '../create.ts';
import { norm } from '../ops/norm.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { equal } from '../primitives/compare.ts';
import { concat } from '../primitives/concat.ts';
import { div } from '../primitives/div.ts';
import { mul } from '../primitives/mul.ts';
import { slice } from '../primitives/slice-pad.ts';
import { transpose } from '../primitives/transpose.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { drawSquare } from './cases.ts';
import { squareToSquare } from './matrices.ts';

/** Exponentials. */
export const matrixExpP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'matrixExp',
  infer: squareToSquare('matrixExp'),
  forward: ([x]) => matrixExpKernel(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        derivative(transpose(x), g),
  ],
});

export const matrixExpChecks: Checks<typeof matrixExpP> = {
  cases: (draw) => ({ inputs: [drawSquare(draw, draw.integer(0, 3), 0.5)], attrs: null }),
};

/**
 * The derivative of the exponential at `a` along `e`: the upper right block of `exp([[a, e], [0, a]])`
 * (Van Loan 1978; Higham, "Functions of Matrices", 2008, theorem 3.6).
 */
function derivative(a: Tensor, e: Tensor): Tensor {
  const n = a.shape.at(-1)!;
  // Linear in e: so it may have norm 1, lest a large one costs accuracy. The scale cancels: a constant.
  const size = norm(detach(e), { axis: [-2, -1], keepdims: true });
  const scale = where(equal(size, 0), 1, size);
  const top = concat([a, div(e, scale)], { axis: -1 });
  const bottom = concat([zerosLike(a), a], { axis: -1 });
  const whole = bind(matrixExpP, [concat([top, bottom], { axis: -2 })], null);
  const batch = a.shape.slice(0, -2).map(() => null);
  return mul(slice(whole, [...batch, { stop: n }, { start: n }]), scale);
}

/**
 * The exponential of a square matrix, `1 + X + X^2 / 2 + ...`, by scaling, a Pade approximant and squaring.
 * NaN and infinite elements make all of a matrix's result NaN. `[..., n, n] -> [..., n, n]`.
 *
 * @throws ShapeError unless the matrices are square; DTypeError unless floating
 * @see Higham, "The Scaling and Squaring Method for the Matrix Exponential Revisited", SIAM J. Matrix Anal.
 * Appl. 26 (2005)
 * @example
 * ```ts
 * linalg.matrixExp(tensor([[0, -Math.PI / 2], [Math.PI / 2, 0]])).toArray(); // => [[0, -1], [1, 0]]
 * ```
 */
export const matrixExp = (x: TensorLike): Tensor =>
  bind(matrixExpP, [asTensor(x, 'matrixExp')], null);
