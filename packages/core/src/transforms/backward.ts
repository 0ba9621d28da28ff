import { sameShape } from '@tikhonov/array';
import { backpropagate } from '../backpropagate.ts';
import { Parameter } from '../cell.ts';
import { onesLike } from '../create.ts';
import { DTypeError, kindOf, ShapeError, showShape } from '../errors.ts';
import { within } from '../interpreter.ts';
import { add } from '../primitives/add.ts';
import { Tensor } from '../tensor.ts';

/**
 * Adds the gradient of a scalar to `grad` of every parameter that it was computed from. The gradients
 * are plain values; for derivatives of derivatives use `grad`. Called twice, it adds them twice: clear
 * them with `zeroGrad()` between steps.
 *
 * @param loss  scalar, unless a cotangent of its shape is given
 * @throws ShapeError if it is neither a scalar nor comes with a cotangent of its shape
 * @throws DTypeError if the cotangent has another dtype
 * @throws Error if it does not depend on any parameter
 * @example
 * ```ts
 * const w = parameter(tensor([1, 2]));
 * backward(w.read().sum());
 * w.grad?.toArray(); // => [1, 1]
 * ```
 */
export function backward(loss: Tensor, cotangent?: Tensor): void {
  for (const x of cotangent === undefined ? [loss] : [loss, cotangent]) {
    if (!(x instanceof Tensor)) {
      throw new TypeError(`backward: needs a Tensor, got ${kindOf(x)}.`);
    }
  }
  if (cotangent === undefined && loss.rank !== 0) {
    throw new ShapeError(
      `backward: needs a scalar, got shape ${showShape(loss.shape)}.\n  Reduce it with sum() or mean(), or pass a cotangent.`,
    );
  }
  if (cotangent !== undefined && !sameShape(cotangent.shape, loss.shape)) {
    throw new ShapeError(
      `backward: the cotangent has shape ${showShape(cotangent.shape)}, the tensor ${showShape(loss.shape)}.\n  Give one cotangent per element.`,
    );
  }
  if (cotangent !== undefined && cotangent.dtype !== loss.dtype) {
    throw new DTypeError(
      `backward: the cotangent is ${cotangent.dtype}, the tensor ${loss.dtype}.\n  Cast it with astype('${loss.dtype}').`,
    );
  }
  within({ recordBelow: -Infinity }, () => {
    const seed = { output: loss, cotangent: cotangent ?? onesLike(loss) };
    const found = backpropagate([seed], (node) => node.cell !== null, 0);
    if (found.size === 0) {
      throw new Error(
        'backward: the loss does not depend on any parameter.\n' +
          '  Was it computed under noGrad, from tensors instead of parameters, or by a compiled function?',
      );
    }
    for (const [{ cell }, [g]] of found) {
      if (!(cell instanceof Parameter) || g === undefined) continue;
      cell.setGrad(cell.grad === null ? g : add(cell.grad, g));
    }
  });
}
