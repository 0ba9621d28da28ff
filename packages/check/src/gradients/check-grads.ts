import { checkOrder } from './check-order.ts';
import {
  type ArgumentList,
  type ArgumentRecord,
  type Checkable,
  type CheckedArgs,
  pointFunction,
} from './points.ts';
import { projected } from './probes.ts';
import { pullbackOf } from './pullback.ts';
import { describeReport, type GradDiscrepancy, type GradReport, worse } from './report.ts';
import { type CheckGradsOptions, settingsOf } from './settings.ts';

/**
 * Compares the derivatives of a function with central differences, coordinate by coordinate:
 * `|numeric - analytic| <= atol + rtol * |numeric|`. Order 2 does so for `(x, g) -> pullback(x)(g)`
 * too, with random `g`, order 3 for the pullback of that; forward mode checks `jvp`. Defaults are
 * those of PyTorch's `gradcheck` and `gradgradcheck`.
 *
 * Cells and parameters are checked as tensors are: they hold the moved values during the calls, and
 * get their own back. A record instead of an array is passed to `f` as its one argument, so that
 * `model.namedParameters()` checks a model.
 *
 * A coordinate where the function has a kink is skipped and counted. What counts as one is decided
 * from values at steps of `eps / 4`, `eps / 2` and `eps` to both sides, from which curvature has been
 * extrapolated away: the four slopes that remain agree to less than the error of the central
 * difference where the function is smooth, and spread by more than half the tolerance where a kink
 * spoils the comparison. Even there the derivative must lie between the steepest and the flattest
 * secant of neighbouring points, or it is wrong; and if more than `maxSkipped` of the coordinates of
 * an input lie at kinks, the report is not ok. `kinks: 'fail'` makes no exception.
 *
 * @param f  from tensors, cells or trees of them to a float64 tensor or a tree of tensors
 * @param args  one per argument of `f`, or a record that is its one argument; floating tensors in
 * float64, integer and bool ones are constants
 * @throws DTypeError if a floating argument or result is not float64
 * @throws RangeError if `eps` is not positive, a tolerance negative, `order` not 1, 2 or 3
 * @throws TypeError if `args` is neither an array nor a record, or an option does not exist
 * @example
 * ```ts
 * const x = tensor([0.5, -1], { dtype: 'float64' });
 * checkGrads((x) => x.mul(x).sum(), [x]).ok; // => true
 * const layer = new nn.Linear(3, 2, { seed: 0, dtype: 'float64' });
 * const input = random.normal(random.key(1), [4, 3], { dtype: 'float64' });
 * checkGrads(() => layer.forward(input), layer.namedParameters()).ok; // => true
 * ```
 */
export function checkGrads<Args extends ArgumentList<Args>, Out extends Checkable<Out>>(
  f: (...args: NoInfer<Args>) => Out,
  args: readonly [...Args],
  options?: CheckGradsOptions,
): GradReport;
export function checkGrads<Named extends ArgumentRecord<Named>, Out extends Checkable<Out>>(
  f: (args: NoInfer<Named>) => Out,
  args: Named,
  options?: CheckGradsOptions,
): GradReport;
export function checkGrads(
  f: (...args: readonly never[]) => unknown,
  args: CheckedArgs,
  options: CheckGradsOptions = {},
): GradReport {
  const { order, ...settings } = settingsOf('checkGrads', options);
  let point = pointFunction('checkGrads', f, args);
  let found = checkOrder(point, 1, settings);
  for (let next = 2; next <= order && found.problem === null; next++) {
    point = pullbackOf(projected(point, settings.samples, settings.seed), settings.seed + next - 2);
    found = joined(found, checkOrder(point, next as 2 | 3, settings), next);
  }
  return found;
}

function joined(before: GradReport, after: GradReport, order: number): GradReport {
  const worst = [before.worst, after.worst]
    .filter((entry) => entry !== null)
    .reduce<GradDiscrepancy | null>(worse, null);
  return {
    ok: before.ok && after.ok,
    worst,
    checked: before.checked + after.checked,
    skipped: before.skipped + after.skipped,
    problem: after.problem === null ? null : `order ${order}: ${after.problem}`,
    seed: before.seed,
  };
}

/**
 * As `checkGrads`, but throws unless all derivatives agree.
 *
 * @throws Error that names the worst coordinate, both values, error and tolerance
 */
export function assertGrads<Args extends ArgumentList<Args>, Out extends Checkable<Out>>(
  f: (...args: NoInfer<Args>) => Out,
  args: readonly [...Args],
  options?: CheckGradsOptions,
): GradReport;
export function assertGrads<Named extends ArgumentRecord<Named>, Out extends Checkable<Out>>(
  f: (args: NoInfer<Named>) => Out,
  args: Named,
  options?: CheckGradsOptions,
): GradReport;
export function assertGrads(
  f: (...args: readonly never[]) => unknown,
  args: CheckedArgs,
  options: CheckGradsOptions = {},
): GradReport {
  const report = checkGrads(f as () => [], args as readonly [], options);
  if (!report.ok) throw new Error(describeReport(report));
  return report;
}
