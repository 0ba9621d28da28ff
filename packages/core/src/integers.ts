/**
 * A number or a list of numbers as a list; throws unless all are integers, none below `min`.
 */
export function integerList(
  name: string,
  what: string,
  given: number | readonly number[],
  min: number = -Infinity,
): readonly number[] {
  const list = typeof given === 'number' ? [given] : given;
  if (!Array.isArray(list) || !list.every((n) => Number.isInteger(n) && n >= min)) {
    const wanted = min === -Infinity ? 'integers' : `integers >= ${min}`;
    const seen = Array.isArray(given) ? `[${given.join(', ')}]` : String(given);
    throw new RangeError(`${name}: ${what} must be ${wanted}, got ${seen}.`);
  }
  return list;
}
