import { meanOf } from './digits-runs.ts';

/** The slope of the line of least squares through points; 0 if all have the same abscissa. */
export function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  const products = x.map((value, k) => (value - meanX) * (y[k]! - meanY));
  const squares = meanOf(x.map((value) => (value - meanX) ** 2));
  return squares === 0 ? 0 : meanOf(products) / squares;
}
