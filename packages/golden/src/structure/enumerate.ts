import { type DType, type Shape, type Tensor, tensor } from '@tikhonov/core';
import { type ActivationFunction, type ActivationName, activation } from '@tikhonov/nn';

/** All masks of a shape with their probabilities, when elements are dropped with probability `p`. */
export function allMasks(
  shape: Shape,
  p: number,
  dtype: DType,
): { readonly masks: readonly Tensor[]; readonly probabilities: Tensor } {
  const size = shape.reduce((product, n) => product * n, 1);
  const codes = Array.from({ length: 2 ** size }, (_, code) =>
    Array.from({ length: size }, (_bit, i) => (code >> i) & 1),
  );
  const probabilities = codes.map((bits) =>
    bits.reduce((product, bit) => product * (bit === 1 ? 1 - p : p), 1),
  );
  return {
    masks: codes.map((bits) => tensor(bits, { dtype }).reshape(shape)),
    probabilities: tensor(probabilities, { dtype }),
  };
}

/** The activation that a variant ends with, as in `train_relu`. */
export function activationNamed(variant: string): ActivationFunction {
  const name = variant.split('_').at(-1)!;
  return name === 'identity' || name === 'linear' ? (x) => x : activation(name as ActivationName);
}
