/** A RangeError unless all of them are integers from a least one on; Infinity will do. */
export function requireCounts(
  where: string,
  least: number,
  counts: Readonly<Record<string, number>>,
): void {
  for (const [name, count] of Object.entries(counts)) {
    if ((Number.isInteger(count) || count === Infinity) && count >= least) continue;
    throw new RangeError(`${where}: ${name} must be an integer >= ${least}, got ${String(count)}.`);
  }
}

/** A RangeError unless the number is finite and >= 0. */
export function requireNonNegative(where: string, name: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new RangeError(`${where}: ${name} must be finite and >= 0, got ${String(value)}.`);
}
