import { Cell, Parameter } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';

/** Anything with named parameters, such as a module. */
export interface ParameterSource {
  namedParameters(): Record<string, Parameter>;
}

/** What an optimizer can work on: a model, or parameters by name, or in a list (named `0`, `1`, ...). */
export type OptimizerTarget =
  | ParameterSource
  | Readonly<Record<string, Parameter>>
  | readonly Parameter[];

const isSource = (target: OptimizerTarget): target is ParameterSource =>
  'namedParameters' in target && typeof target.namedParameters === 'function';

/**
 * The parameters of a target by name.
 *
 * @throws TypeError if there are none, one is not a Parameter, or one appears under two names
 */
export function parametersOf(target: OptimizerTarget): Readonly<Record<string, Parameter>> {
  if (typeof target !== 'object' || target === null || target instanceof Cell) {
    throw new TypeError(
      `Optimizer: needs a model or parameters by name, got ${kindOf(target)}.\n` +
        '  Pass the model, or { w } for a parameter w.',
    );
  }
  const named = isSource(target)
    ? target.namedParameters()
    : Object.fromEntries<Parameter>(Object.entries(target));
  const names = new Map<unknown, string>();
  for (const [name, parameter] of Object.entries(named)) {
    if (!(parameter instanceof Parameter)) {
      throw new TypeError(`Optimizer: "${name}" is not a Parameter.\n  Try parameter(tensor).`);
    }
    const other = names.get(parameter);
    if (other !== undefined) {
      throw new TypeError(
        `Optimizer: "${other}" and "${name}" are the same parameter.\n  Name it once.`,
      );
    }
    names.set(parameter, name);
  }
  if (names.size === 0) {
    throw new TypeError(
      'Optimizer: there are no parameters to train.\n' +
        '  Cells in #private fields and maps are not found.',
    );
  }
  return named;
}
