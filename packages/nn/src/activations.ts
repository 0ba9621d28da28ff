import {
  celu,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  logSigmoid,
  mish,
  relu6,
  selu,
  softsign,
} from '@tikhonov/core';
import {
  type ActivationFunction,
  type BasicActivationName,
  basicActivations,
} from './basic-activations.ts';

export type { ActivationFunction } from './basic-activations.ts';

/** The names that `activation` knows. */
export type ActivationName =
  | BasicActivationName
  | 'relu6'
  | 'celu'
  | 'selu'
  | 'gelu'
  | 'mish'
  | 'softsign'
  | 'hardtanh'
  | 'logSigmoid'
  | 'hardsigmoid'
  | 'hardswish';

const byName: Readonly<Record<ActivationName, ActivationFunction>> = {
  ...basicActivations,
  relu6,
  celu: (x) => celu(x),
  selu,
  gelu: (x) => gelu(x),
  mish,
  softsign,
  hardtanh: (x) => hardtanh(x),
  logSigmoid,
  hardsigmoid,
  hardswish,
};

/**
 * The activation function of a name, with its default options; for others pass a function, such as
 * `(x) => gelu(x, { approximate: 'tanh' })`.
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
