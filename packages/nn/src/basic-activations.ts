import { elu, leakyRelu, relu, sigmoid, silu, softplus, type Tensor, tanh } from '@tikhonov/core';

/** An elementwise function of a tensor. */
export type ActivationFunction = (x: Tensor) => Tensor;

/**
 * The activations that `mlp` knows by name: cheap to load, since every program with an `mlp` carries
 * them. Others are passed as functions.
 */
export type BasicActivationName =
  | 'relu'
  | 'leakyRelu'
  | 'elu'
  | 'silu'
  | 'softplus'
  | 'tanh'
  | 'sigmoid'
  | 'identity';

/** The functions of those names. */
export const basicActivations: Readonly<Record<BasicActivationName, ActivationFunction>> = {
  relu,
  leakyRelu: (x) => leakyRelu(x),
  elu: (x) => elu(x),
  silu,
  softplus,
  tanh,
  sigmoid,
  identity: (x) => x,
};

/** A function as it is, or the activation of a basic name. */
export function resolveBasicActivation(
  name: string,
  which: BasicActivationName | ActivationFunction,
): ActivationFunction {
  if (typeof which === 'function') return which;
  if (Object.hasOwn(basicActivations, which)) return basicActivations[which];
  throw new TypeError(
    `${name}: no activation is named "${String(which)}" here.\n` +
      `  Use one of ${Object.keys(basicActivations).join(', ')}, or pass a function such as gelu.`,
  );
}
