import type { Sample } from './probes.ts';

// How a kink is told from a wrong derivative. On the line through the point, values are taken at 0,
// +-h/4, +-h/2 and +-h. With F(s) and B(s) the forward and backward quotients of step s, extrapolate
//   2 F(h/2) - F(h),  2 F(h/4) - F(h/2),  2 B(h/2) - B(h),  2 B(h/4) - B(h/2).
// Where f has three derivatives each is f' - c h^2 f''' with c <= 1/12: curvature cancels, and they
// spread by at most h^2 |f'''| / 16, three eighths of what the central quotient errs by. A spread of
// more than half the tolerance therefore means that the central difference is itself off by more
// than the tolerance, or that f has no second derivative within h: a smooth coordinate whose central
// difference is any good is never taken for a kink.
// Conversely a jump J of the slope at distance d < h makes the central quotient err by at most
// |J| (1 - d/h) / 2, and the extrapolations spread by at least two thirds of that (least at d = 2h/5):
// no kink that spoils the comparison goes unseen. A jump of f itself at any distance makes them
// spread by at least |J| / h, since steps of three sizes cannot all grow like the jump over the step.

/** `values[i]` at `steps[i]`: h/4, h/2, h on either side of 0, ascending. */
export interface Profile {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** The values of one element of one output along a line. */
export function profileOf(
  line: (step: number) => Sample,
  eps: number,
  output: number,
  element: number,
): Profile {
  const samples = [-eps, -eps / 2, -eps / 4, 0, eps / 4, eps / 2, eps].map(line);
  return {
    steps: samples.map(({ step }) => step),
    values: samples.map(({ outputs }) => outputs[output]![element]!),
  };
}

/**
 * Whether the function has no derivative to compare with here. Rounding alone, of 16 units in the
 * last place per value, is never taken for a kink.
 */
export function isKink({ steps, values }: Profile, tolerance: number): boolean {
  if (!values.every(Number.isFinite)) return false;
  const quotient = (i: number): number => (values[i]! - values[3]!) / (steps[i]! - steps[3]!);
  const slopes = [
    2 * quotient(5) - quotient(6),
    2 * quotient(4) - quotient(5),
    2 * quotient(1) - quotient(0),
    2 * quotient(2) - quotient(1),
  ];
  const spread = Math.max(...slopes) - Math.min(...slopes);
  // Two slopes of at most (2 * 2 * 4 + 2 * 2) u |f| / h each, u = 2^-53, times 16.
  const rounding = (640 * 2 ** -53 * Math.max(...values.map(Math.abs))) / steps[6]!;
  return spread > Math.max(tolerance / 2, rounding);
}

/**
 * Whether a derivative is one that a convention may choose at a kink: between the least and the
 * greatest slope of the secants of neighbouring points. Anything else is wrong at a kink as well.
 */
export function isOneSided(
  { steps, values }: Profile,
  analytic: number,
  tolerance: number,
): boolean {
  const slopes = values
    .slice(1)
    .map((value, i) => (value - values[i]!) / (steps[i + 1]! - steps[i]!));
  return analytic >= Math.min(...slopes) - tolerance && analytic <= Math.max(...slopes) + tolerance;
}
