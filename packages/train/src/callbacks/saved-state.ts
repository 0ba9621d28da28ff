import type { PlainData } from '../persistence/plain-data.ts';

/**
 * What a callback gave to a checkpoint, by name.
 *
 * @throws Error if it was another callback: the order may have changed since
 */
export function savedState<Name extends string>(
  where: string,
  state: PlainData,
  names: readonly Name[],
): Readonly<Record<Name, PlainData>> {
  const isRecord = typeof state === 'object' && state !== null && !Array.isArray(state);
  if (isRecord && names.every((name) => Object.hasOwn(state, name))) {
    return state as Readonly<Record<Name, PlainData>>;
  }
  throw new Error(
    `${where}: the saved state is not of this callback, it has no ${names.join(', ')}.\n  Pass the same callbacks in the same order as when it was saved.`,
  );
}
