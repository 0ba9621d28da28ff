import { type DType, DTypeError, isFloating, Parameter, tensor } from '@tikhonov/core';
import { kindOf, showValue } from '@tikhonov/core/engine';
import { Module } from './module.ts';

/**
 * Casts every floating cell of a model, parameters and buffers, to another floating dtype; integers stay.
 * It works in place and returns the model: the cells are the same ones, so what is tied stays tied.
 * Gradients that `backward()` left are forgotten. Make optimizers afterwards, since theirs is the state of
 * the old dtype.
 *
 * From float32 to float64 nothing is lost; the way back rounds.
 *
 * @throws TypeError if it is not a Module; DTypeError for a dtype that is not floating;
 * TraceError within a trace
 * @see PyTorch's `Module.to(dtype)`
 * @example
 * ```ts
 * const model = nn.astype(nn.mlp([2, 1], { seed: 0 }), 'float64');
 * model.forward(ones([1, 2], { dtype: 'float64' })).dtype; // => 'float64'
 * ```
 */
export function astype<Model extends Module>(model: Model, dtype: DType): Model {
  if (!(model instanceof Module)) {
    throw new TypeError(
      `astype: needs a Module, got ${kindOf(model)}.\n  Tensors have x.astype(dtype).`,
    );
  }
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new DTypeError(
      `astype: a model's dtype must be 'float32' or 'float64', got ${showValue(dtype)}.`,
    );
  }
  for (const cell of Object.values(model.namedCells())) {
    if (!isFloating(cell.dtype) || cell.dtype === dtype) continue;
    // Through the data, which no trace hands out: a recorded program cannot change a cell's dtype.
    cell.retype(tensor(cell.read().data(), { shape: cell.shape, dtype }));
    if (cell instanceof Parameter) cell.zeroGrad();
  }
  return model;
}
