import {
  expm1,
  greater,
  minimum,
  mul,
  relu,
  sigmoid,
  softplus,
  type Tensor,
  tanh,
  where,
} from '@tikhonov/core';

/** An elementwise function of a tensor. */
export type ActivationFunction = (x: Tensor) => Tensor;

/** The names that `activation` knows. */
export type ActivationName =
  | 'relu'
  | 'leakyRelu'
  | 'elu'
  | 'silu'
  | 'softplus'
  | 'tanh'
  | 'sigmoid'
  | 'identity';

/** `x` above 0, `0.01 x` below (PyTorch's default slope, which is also the derivative at 0). */
const leakyRelu: ActivationFunction = (x) => where(greater(x, 0), x, mul(x, 0.01));

/** `x` above 0, `e^x - 1` below. The argument is cut at 0, so no branch overflows. */
const elu: ActivationFunction = (x) => where(greater(x, 0), x, expm1(minimum(x, 0)));

const byName: Readonly<Record<ActivationName, ActivationFunction>> = {
  relu,
  leakyRelu,
  elu,
  silu: (x) => mul(x, sigmoid(x)),
  softplus,
  tanh,
  sigmoid,
  identity: (x) => x,
};

/**
 * The activation function of a name.
 *
 * @throws TypeError for an unknown name, listing the known ones
 * @example
 * ```ts
 * nn.activation('relu')(tensor([-1, 2])).toArray(); // => [0, 2]
 * ```
 */
export function activation(name: ActivationName): ActivationFunction {
  if (!Object.hasOwn(byName, name)) {
    throw new TypeError(
      `activation: unknown name "${String(name)}".\n` +
        `  Use one of ${Object.keys(byName).join(', ')}, or pass a function of a tensor.`,
    );
  }
  return byName[name];
}

/** A function as it is, or the activation of a name. */
export const resolveActivation = (
  which: ActivationName | ActivationFunction,
): ActivationFunction => (typeof which === 'function' ? which : activation(which));
