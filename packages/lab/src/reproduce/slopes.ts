import { meanOf } from './digits-runs.ts';

/** The slope of the line of least squares through points. */
export function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  const products = x.map((value, k) => (value - meanX) * (y[k]! - meanY));
  const squares = x.map((value) => (value - meanX) ** 2);
  return meanOf(products) / meanOf(squares);
}
