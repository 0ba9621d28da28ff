import * as core from '@tikhonov/core';
import * as nn from '@tikhonov/nn';

/** A function that anybody may call. */
export interface Target {
  readonly name: string;
  readonly call: (...values: readonly unknown[]) => unknown;
}

/** They do not compute: what they are given is for the types to say. */
const plumbing = new Set(['noGrad', 'isFloating', 'mapTree']);

function targetsOf(module: object, prefix: string): Target[] {
  return Object.entries(module).flatMap(([name, value]): Target[] =>
    typeof value !== 'function' || /^class\b/.test(String(value)) || plumbing.has(name)
      ? []
      : [{ name: prefix + name, call: (...values) => Reflect.apply(value, undefined, values) }],
  );
}

const methods = [
  ...['add', 'sub', 'mul', 'div', 'pow', 'matmul', 'sum', 'mean', 'max', 'min', 'reshape'],
  ...['expandDims', 'squeeze', 'permute', 'broadcastTo', 'astype', 'transpose', 'flatten', 'neg'],
] as const;

/** The methods of a tensor, with the tensor in front. */
const ofTensor: Target[] = methods.map((name) => ({
  name: `Tensor.${name}`,
  call: (x, ...rest) =>
    Reflect.apply(
      core.Tensor.prototype[name],
      x instanceof core.Tensor ? x : core.zeros([2]),
      rest,
    ),
}));

/** Every exported operation. */
export const targets = (): Target[] => [
  ...targetsOf(core, ''),
  ...targetsOf(core.linalg, 'linalg.'),
  ...targetsOf(core.random, 'random.'),
  ...targetsOf(nn, 'nn.'),
  ...targetsOf(nn.init, 'nn.init.'),
  ...ofTensor,
];
