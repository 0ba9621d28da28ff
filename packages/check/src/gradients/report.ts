/** One comparison of a derivative: `d output[at] / d input[at]`. */
export interface GradDiscrepancy {
  /** Which argument, such as `args[0].weight`, or `cotangent of the value` at order 2. */
  readonly input: string;
  /** Which result, such as `value`, or `gradient of args[0]` at order 2. */
  readonly output: string;
  /** Positions in both. */
  readonly coordinate: { readonly input: readonly number[]; readonly output: readonly number[] };
  /** By central differences. */
  readonly numeric: number;
  /** By the rules. */
  readonly analytic: number;
  readonly error: number;
  /** `atol + rtol * |numeric|`. */
  readonly tolerance: number;
  readonly order: 1 | 2;
  readonly mode: 'reverse' | 'forward';
}

/** What `checkGrads` found. */
export interface GradReport {
  readonly ok: boolean;
  /** The comparison with the largest error in units of its tolerance; `null` if there was none. */
  readonly worst: GradDiscrepancy | null;
  /** How many derivatives were compared. */
  readonly checked: number;
  /** Why no comparison was made: values that are not finite, or that differ from call to call. */
  readonly problem: string | null;
  /** The seed of the cotangents of order 2. */
  readonly seed: number;
}

/** Error in units of the tolerance; a derivative that is not finite is infinitely wrong. */
export const severity = ({ error, tolerance }: GradDiscrepancy): number =>
  error === 0 ? 0 : Number.isFinite(error) ? error / tolerance : Infinity;

/** The report in words. */
export function describeReport(report: GradReport): string {
  const { ok, worst, checked, problem, seed } = report;
  if (problem !== null) return `checkGrads: ${problem}`;
  const head = `checkGrads: ${checked} derivatives ${ok ? 'agree' : 'compared, not all agree'} (seed ${seed}).`;
  if (worst === null) return head;
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
