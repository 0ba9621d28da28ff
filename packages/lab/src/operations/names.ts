import * as core from '@tikhonov/core';
import { operations } from './index.ts';

const homes: readonly (readonly [prefix: string, module: object])[] = [
  ['', core],
  ['linalg.', core.linalg],
  ['random.', core.random],
];
const composites: ReadonlySet<string> = new Set(operations.map(({ name }) => name));

/**
 * How users call a primitive, such as `linalg.cholesky`; `null` for one that is only a part of other
 * operations, also where a composite bears its name.
 */
export function publicName(primitive: string): string | null {
  const home = homes.find(([, module]) => Object.hasOwn(module, primitive));
  const name = home === undefined ? null : home[0] + primitive;
  return name === null || composites.has(name) ? null : name;
}
