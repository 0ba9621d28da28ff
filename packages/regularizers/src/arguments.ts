import type { Argument, ArgumentValues } from './method.ts';

/** Whether the value lies within the argument's bounds. */
export function isInRange(argument: Argument, value: number): boolean {
  const { min = -Infinity, max = Infinity, open, integer = false } = argument;
  const above = open === 'min' || open === 'both' ? value > min : value >= min;
  const below = open === 'max' || open === 'both' ? value < max : value <= max;
  return Number.isFinite(value) && above && below && (!integer || Number.isInteger(value));
}

function showRange({ min, max, open, integer }: Argument): string {
  const bounds: string[] = [];
  if (min !== undefined) bounds.push(`${open === 'min' || open === 'both' ? '>' : '>='} ${min}`);
  if (max !== undefined) bounds.push(`${open === 'max' || open === 'both' ? '<' : '<='} ${max}`);
  const kind = integer === true ? 'an integer' : 'finite';
  return bounds.length === 0 ? kind : `${kind}, ${bounds.join(' and ')}`;
}

/**
 * The values of a method's arguments, with its defaults for those that are not given.
 *
 * @throws RangeError if a value is out of range; TypeError for a name that the method does not have
 */
export function resolveArguments<Name extends string>(
  id: string,
  list: readonly (Argument & { readonly name: Name })[],
  values: ArgumentValues,
): Record<Name, number> {
  const known = list.map((argument): string => argument.name);
  for (const name of Object.keys(values)) {
    if (!known.includes(name)) {
      throw new TypeError(
        `${id}: has no argument "${name}".\n  ${known.length === 0 ? 'It takes none.' : `It takes ${known.join(', ')}.`}`,
      );
    }
  }
  const resolved = list.map((argument) => {
    const value = values[argument.name] ?? argument.default;
    if (!isInRange(argument, value)) {
      throw new RangeError(`${id}: ${argument.name} must be ${showRange(argument)}, got ${value}.`);
    }
    return [argument.name, value] as const;
  });
  return Object.fromEntries(resolved) as Record<Name, number>;
}
