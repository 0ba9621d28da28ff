/** One comparison of a derivative: `d output[at] / d input[at]`. */
export interface GradDiscrepancy {
  /** Which argument, such as `args[0].weight`, or `cotangent of the value` at order 2. */
  readonly input: string;
  /** Which result, such as `value`, or `gradient of args[0]` at order 2. */
  readonly output: string;
  /** Positions in both; empty for scalars, random directions and combinations. */
  readonly coordinate: { readonly input: readonly number[]; readonly output: readonly number[] };
  /** By central differences. */
  readonly numeric: number;
  /** By the rules. */
  readonly analytic: number;
  readonly error: number;
  /** `atol + rtol * |numeric|`. */
  readonly tolerance: number;
  readonly order: Order;
  readonly mode: Mode;
}

/** 1 is the derivative of the function, 2 that of its pullback, 3 that of the pullback's pullback. */
export type Order = 1 | 2 | 3;

/** `reverse` pulls cotangents back (`vjp`), `forward` pushes tangents on (`jvp`). */
export type Mode = 'reverse' | 'forward';

/** What `checkGrads` found. */
export interface GradReport {
  readonly ok: boolean;
  /** The comparison with the largest error in units of its tolerance; `null` if there was none. */
  readonly worst: GradDiscrepancy | null;
  /** How many derivatives were compared. */
  readonly checked: number;
  /** How many were not, because the function has a kink there. */
  readonly skipped: number;
  /**
   * Why the function cannot be judged: values that are not finite, that differ from call to call, or
   * too many kinks.
   */
  readonly problem: string | null;
  /** The seed of cotangents, directions and combinations. */
  readonly seed: number;
}

/** Error in units of the tolerance; a derivative that is not finite is infinitely wrong. */
export const severity = ({ error, tolerance }: GradDiscrepancy): number =>
  error === 0 ? 0 : Number.isFinite(error) ? error / tolerance : Infinity;

/** The graver of two. */
export const worse = (a: GradDiscrepancy | null, b: GradDiscrepancy): GradDiscrepancy =>
  a === null || severity(b) > severity(a) ? b : a;

/** The report in words. */
export function describeReport(report: GradReport, name = 'checkGrads'): string {
  const { ok, worst, checked, skipped, problem, seed } = report;
  const counts = `${checked} derivatives ${ok || worst === null || severity(worst) <= 1 ? 'agree' : 'compared, not all agree'}${
    skipped === 0 ? '' : `, ${skipped} skipped at kinks`
  } (seed ${seed}).`;
  const head = `${name}: ${problem === null ? counts : problem}`;
  if (worst === null || (problem !== null && severity(worst) <= 1)) return head;
  const { coordinate, order, mode } = worst;
  return (
    `${head}\n  Worst: d ${worst.output}${at(coordinate.output)} / d ${worst.input}${at(coordinate.input)}, ` +
    `order ${order}, ${mode} mode:\n` +
    `  numeric ${worst.numeric}, analytic ${worst.analytic}, ` +
    `error ${worst.error}, tolerance ${worst.tolerance}.`
  );
}

const at = (index: readonly number[]): string =>
  index.length === 0 ? '' : `[${index.join(', ')}]`;

/** The position of row-major element `flat`. */
export function positionOf(flat: number, shape: readonly number[]): number[] {
  const position = new Array<number>(shape.length);
  let rest = flat;
  for (let k = shape.length - 1; k >= 0; k--) {
    position[k] = rest % shape[k]!;
    rest = Math.floor(rest / shape[k]!);
  }
  return position;
}
