import type { Lanes } from './lanes.ts';

const byteRange = (from: number): number[] => Array.from({ length: 8 }, (_, k) => from + k);

/** The first two of four float32 lanes as float64. */
export const lowHalf = (x: Lanes): Lanes =>
  x.raw('f64x2', (code) => code.op('f64x2.promote_low_f32x4'));

/** The last two of four float32 lanes as float64. */
export const highHalf = (x: Lanes): Lanes =>
  lowHalf(x.raw('f32x4', (code) => code.shuffle([...byteRange(8), ...byteRange(8)]), x));

/** Two pairs of float64 lanes, rounded to four of float32. */
export function joined(low: Lanes, high: Lanes): Lanes {
  const rounded = (x: Lanes): Lanes => x.raw('f32x4', (code) => code.op('f32x4.demote_f64x2_zero'));
  return rounded(low).raw(
    'f32x4',
    (code) => code.shuffle([...byteRange(0), ...byteRange(16)]),
    rounded(high),
  );
}

/** A function of float64 lanes for float32 lanes too: computed in float64, rounded once. */
export const throughDouble =
  (f: (...args: readonly Lanes[]) => Lanes) =>
  (...args: readonly Lanes[]): Lanes =>
    args[0]?.type === 'f64x2'
      ? f(...args)
      : joined(f(...args.map(lowHalf)), f(...args.map(highHalf)));
