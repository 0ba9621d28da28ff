import { Cell } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import { Module } from '../module.ts';
import { ParametrizedTensor } from './parametrized.ts';

const suffix = /(^|\.)parametrizations\.weight$/;

/**
 * The parameters of a model as its layers see them: a reparametrized weight is one computed tensor under the
 * name of the plain weight, as in `layers.0.weight`, in place of the parameters that it is computed from.
 * Reading it can be differentiated with respect to those. This is what penalties of a model are taken of.
 *
 * @throws TypeError unless it is a module
 * @example
 * ```ts
 * const model = nn.weightNorm(nn.mlp([2, 3, 1], { seed: 0 }));
 * Object.keys(nn.effectiveParameters(model)).sort(); // => ['layers.0.bias', 'layers.0.weight', 'layers.1.bias', 'layers.1.weight']
 * ```
 */
export function effectiveParameters(model: Module): Record<string, Cell> {
  if (!(model instanceof Module)) {
    throw new TypeError(`effectiveParameters: needs a Module, got ${kindOf(model)}.`);
  }
  const modules = model.namedModules();
  const computed = new Map<Cell, readonly [string, Cell]>();
  for (const [path, parts] of Object.entries(modules)) {
    if (!(parts instanceof ParametrizedTensor)) continue;
    const name = path.replace(suffix, '');
    const weight: unknown = Reflect.get(modules[name] ?? {}, 'weight');
    if (!(weight instanceof Cell)) continue;
    const seen = [name === '' ? 'weight' : `${name}.weight`, weight] as const;
    for (const stored of parts.parameters()) computed.set(stored, seen);
  }
  return Object.fromEntries(
    Object.entries(model.namedParameters()).map(
      ([name, parameter]) => computed.get(parameter) ?? [name, parameter],
    ),
  );
}
