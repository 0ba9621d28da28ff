import type { Method } from '../method.ts';
import { holds } from './slack.ts';

/** 1 if these are the values of a method's arguments when nothing else is said, in their order. */
export function recipeTakes(method: Method, want: Readonly<Record<string, number>>): number {
  const got = Object.fromEntries(method.arguments.map((one) => [one.name, one.default]));
  return holds(JSON.stringify(got) === JSON.stringify(want));
}
