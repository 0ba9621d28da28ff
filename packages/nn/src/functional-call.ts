import { type Cell, type Tensor, withValues } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import { Module } from './module.ts';

/**
 * A model called with other values in place of some or all of its cells: a function of its parameters,
 * for `grad`, `hessian`, `jvp` and `vmap` over them. The model itself is as it was afterwards; what the
 * call writes to the given cells is dropped.
 *
 * @param values  by name, as `model.parameterValues()` has them, or cells, which are read; cells of the
 * model that are not named keep their own
 * @param args  those of `forward`
 * @returns what `forward` does
 * @throws TypeError for a name that the model does not have; ShapeError or DTypeError for a value that
 * does not fit
 * @see PyTorch's `torch.func.functional_call`
 * @example
 * ```ts
 * const model = new nn.Linear(2, 1, { seed: 0, bias: false });
 * const x = tensor([[3, 4]]);
 * const loss = (p: Record<string, Tensor>) => nn.functionalCall(model, p, x).sum();
 * loss({ weight: tensor([[1, 10]]) }).item(); // => 43
 * const curvature = hessian(loss)(model.parameterValues());
 * curvature.weight!.weight!.shape; // => [1, 2, 1, 2]
 * ```
 */
export function functionalCall<Args extends readonly unknown[], Output>(
  model: Module & { forward(...args: Args): Output },
  values: Readonly<Record<string, Tensor | Cell>>,
  ...args: NoInfer<Args>
): Output {
  if (!(model instanceof Module)) {
    throw new TypeError(`functionalCall: needs a Module, got ${kindOf(model)}.`);
  }
  return withValues(model.namedCells(), values, () => model.forward(...args));
}
