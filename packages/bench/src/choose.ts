/**
 * The entries that a comma-separated list names, in its order and once each; all of them without a
 * list. A name stands for the entries behind it, too: `W1` for `W1/32` and the others.
 *
 * @throws RangeError that lists the known names, for one that is not among them
 */
export function choose<T extends { readonly id: string }>(
  option: string,
  list: string | undefined,
  all: readonly T[],
): readonly T[] {
  if (list === undefined) return all;
  const chosen = list.split(',').flatMap((part) => {
    const name = part.trim();
    const found = all.filter(({ id }) => id === name || id.startsWith(`${name}/`));
    if (found.length > 0) return found;
    const known = all.map(({ id }) => id).join(', ');
    throw new RangeError(`${option}: there is no "${name}".\n  Known: ${known}.`);
  });
  return [...new Set(chosen)];
}
