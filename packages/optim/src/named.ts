import type { Tensor } from '@tikhonov/core';
import type { Named } from './transform.ts';

/** `f` of every tensor and its name. */
export const mapNamed = (named: Named, f: (x: Tensor, name: string) => Tensor): Named =>
  Object.fromEntries(Object.entries(named).map(([name, x]) => [name, f(x, name)]));

/** The tensor of a name that must be there. */
export function at(named: Named, name: string): Tensor {
  const found = Object.hasOwn(named, name) ? named[name] : undefined;
  if (found === undefined) {
    throw new TypeError(`Transform: there is no entry for "${name}".\n  Was it there at init?`);
  }
  return found;
}
