import type { Tensor } from '@tikhonov/core';
import type { Jacobian } from './jacobian.ts';
import { doubles } from './points.ts';
import { type GradDiscrepancy, positionOf, severity } from './report.ts';

/** The graver of two. */
export const worse = (a: GradDiscrepancy | null, b: GradDiscrepancy): GradDiscrepancy =>
  a === null || severity(b) > severity(a) ? b : a;

/** A comparison before its input `k` and output `o` are named. */
export type Entry = Omit<GradDiscrepancy, 'input' | 'output' | 'order' | 'mode'> & {
  readonly k: number;
  readonly o: number;
};

/** Every coordinate of two Jacobians, side by side. */
export function* compare(
  numeric: Jacobian,
  analytic: Jacobian,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  { atol, rtol }: { readonly atol: number; readonly rtol: number },
): Generator<Entry> {
  for (const [k, x] of inputs.entries()) {
    for (const [o, y] of outputs.entries()) {
      const [want, got] = [numeric[k]![o]!, analytic[k]![o]!];
      for (let at = 0; at < want.length; at++) {
        const [a, b] = [want[at]!, got[at]!];
        const coordinate = {
          input: positionOf(at % x.size, x.shape),
          output: positionOf(Math.floor(at / x.size), y.shape),
        };
        const tolerance = atol + rtol * Math.abs(a);
        yield { k, o, coordinate, numeric: a, analytic: b, error: Math.abs(a - b), tolerance };
      }
    }
  }
}

/** What differs between two calls at one point, if anything. */
export function difference(
  first: readonly Tensor[],
  second: readonly Tensor[],
  names: readonly string[],
): string | undefined {
  for (const [o, y] of first.entries()) {
    const [a, b] = [doubles(y), second[o] === undefined ? undefined : doubles(second[o])];
    const i = a.findIndex((value, at) => !Object.is(value, b?.[at]));
    if (i === -1 && b?.length === a.length) continue;
    return (
      `the function is not deterministic: ${names[o]} differs between two calls at the same point ` +
      `(${a[i]} and ${b?.[i]}).\n  Fix its random key and its state (updateState: false) for the check.`
    );
  }
  return undefined;
}

/** Which value is NaN or infinite, if any. */
export function notFinite(
  outputs: readonly Tensor[],
  names: readonly string[],
): string | undefined {
  for (const [o, y] of outputs.entries()) {
    const values = doubles(y);
    const i = values.findIndex((value) => !Number.isFinite(value));
    if (i === -1) continue;
    const position = positionOf(i, y.shape).join(', ');
    return `${names[o]} at [${position}] is ${values[i]}, which cannot be differenced.`;
  }
  return undefined;
}
