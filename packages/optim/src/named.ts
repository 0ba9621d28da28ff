import type { Tensor } from '@tikhonov/core';
import type { Named } from './transform.ts';

/** `f` of every tensor and its name. */
export const mapNamed = (named: Named, f: (x: Tensor, name: string) => Tensor): Named =>
  Object.fromEntries(Object.entries(named).map(([name, x]) => [name, f(x, name)]));

/** What stands under a name, of the record itself. */
export const own = <T>(named: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(named, name) ? named[name] : undefined;

/** The tensor of a name that must be there. */
export function at(named: Named, name: string): Tensor {
  const found = own(named, name);
  if (found === undefined) {
    throw new TypeError(`Transform: there is no entry for "${name}".\n  Was it there at init?`);
  }
  return found;
}
