import {
  type Cell,
  type Differentiable,
  random,
  type Tensor,
  type Tree,
  vjp,
} from '@tikhonov/core';
import { compare, difference, notFinite, worse } from './compare.ts';
import { forwardJacobian, numericJacobian, reverseJacobian } from './jacobian.ts';
import { callAt, type PointFunction, pointFunction, valuesOf } from './points.ts';
import { describeReport, type GradDiscrepancy, type GradReport, severity } from './report.ts';

/** Options of `checkGrads`. */
export interface CheckGradsOptions {
  /** 1 checks first derivatives, 2 also those of the pullback. @defaultValue 2 */
  readonly order?: 1 | 2;
  /** @defaultValue ['reverse', 'forward'] */
  readonly modes?: readonly ('reverse' | 'forward')[];
  /** Step of the central differences. @defaultValue 1e-6 */
  readonly eps?: number;
  /** @defaultValue 1e-5 */
  readonly atol?: number;
  /** @defaultValue 1e-3 */
  readonly rtol?: number;
  /** Seed of the cotangents of order 2. @defaultValue 0 */
  readonly seed?: number;
}

/**
 * Compares the derivatives of a function with central differences, coordinate by coordinate:
 * `|numeric - analytic| <= atol + rtol * |numeric|`. Order 2 does so for `(x, g) -> pullback(x)(g)`
 * too, with random `g`; forward mode checks `jvp`. Defaults are those of PyTorch's `gradcheck` and
 * `gradgradcheck`. Choose points away from kinks.
 *
 * @param f  from tensors, cells or trees of them to a float64 tensor or a tree of tensors
 * @param args  one per argument of `f`; floating ones in float64, integer and bool ones are constants
 * @throws DTypeError if a floating argument or result is not float64
 * @throws RangeError if `eps` is not positive, a tolerance negative, or `order` neither 1 nor 2
 * @example
 * ```ts
 * const x = tensor([0.5, -1], { dtype: 'float64' });
 * checkGrads((x) => x.mul(x).sum(), [x]).ok; // => true
 * ```
 */
export function checkGrads<Args extends readonly Differentiable[]>(
  f: (...args: Args) => Tree<Tensor>,
  args: readonly [...Args],
  options: CheckGradsOptions = {},
): GradReport {
  const settings = validate(options);
  const first = pointFunction(f, args);
  const found = checkOrder(first, 1, settings);
  if (settings.order === 1 || found.problem !== null) return found;
  const second = checkOrder(pullbackOf(first, settings.seed), 2, settings);
  const worst = [found.worst, second.worst]
    .filter((entry) => entry !== null)
    .reduce<GradDiscrepancy | null>(worse, null);
  return {
    ok: found.ok && second.ok,
    worst,
    checked: found.checked + second.checked,
    problem: second.problem === null ? null : `order 2: ${second.problem}`,
    seed: settings.seed,
  };
}

/**
 * As `checkGrads`, but throws unless all derivatives agree.
 *
 * @throws Error that names the worst coordinate, both values, error and tolerance
 */
export function assertGrads<Args extends readonly Differentiable[]>(
  f: (...args: Args) => Tree<Tensor>,
  args: readonly [...Args],
  options: CheckGradsOptions = {},
): GradReport {
  const report = checkGrads(f, args, options);
  if (!report.ok) throw new Error(describeReport(report));
  return report;
}

function validate(options: CheckGradsOptions): Required<CheckGradsOptions> {
  const { order = 2, modes = ['reverse', 'forward'], eps = 1e-6, seed = 0 } = options;
  const { atol = 1e-5, rtol = 1e-3 } = options;
  if (order !== 1 && order !== 2) {
    throw new RangeError(`checkGrads: order must be 1 or 2, got ${String(order)}.`);
  }
  const unknown = modes.find((mode) => mode !== 'reverse' && mode !== 'forward');
  if (unknown !== undefined || modes.length === 0) {
    throw new RangeError(
      `checkGrads: modes must name 'reverse', 'forward' or both, got [${modes.join(', ')}].`,
    );
  }
  if (!(eps > 0 && Number.isFinite(eps))) {
    throw new RangeError(`checkGrads: eps must be positive, got ${eps}.`);
  }
  if (!(atol >= 0 && rtol >= 0)) {
    throw new RangeError(`checkGrads: tolerances must be >= 0, got ${atol} and ${rtol}.`);
  }
  return { order, modes, eps, seed, atol, rtol };
}

/** The function `(x, g) -> pullback(x)(g)`, at the point of `f` and random cotangents. */
function pullbackOf(point: PointFunction, seed: number): PointFunction {
  const outputs = point.call(point.inputs);
  const names = point.outputNames(outputs.length);
  const key = random.key(seed);
  const gs = outputs.map((y, i) =>
    random.normal(random.foldIn(key, i), y.shape, { dtype: 'float64' }),
  );
  const count = point.inputs.length;
  return {
    inputs: [...point.inputs, ...gs],
    inputNames: [...point.inputNames, ...names.map((name) => `cotangent of ${name}`)],
    call: (all) => {
      const [, pullback] = vjp(
        (...inputs: readonly (Tensor | Cell)[]) => point.call(inputs),
        all.slice(0, count),
      );
      return pullback(all.slice(count) as readonly Tensor[]);
    },
    outputNames: () => point.inputNames.map((name) => `gradient of ${name}`),
  };
}

function checkOrder(
  point: PointFunction,
  order: 1 | 2,
  settings: Required<CheckGradsOptions>,
): GradReport {
  const { modes, eps, seed } = settings;
  const base = valuesOf(point.inputs);
  const outputs = callAt(point, base).map((y) => y.detach());
  const names = point.outputNames(outputs.length);
  const failure = (problem: string): GradReport => ({
    ok: false,
    worst: null,
    checked: 0,
    problem,
    seed,
  });
  if (outputs.length === 0) return failure('the function returned no floating tensor.');
  const again = callAt(point, base);
  const problem = difference(outputs, again, names) ?? notFinite(outputs, names);
  if (problem !== undefined) return failure(problem);
  const numeric = numericJacobian(point, outputs, eps);
  let [worst, checked]: [GradDiscrepancy | null, number] = [null, 0];
  for (const mode of modes) {
    const analytic = mode === 'reverse' ? reverseJacobian(point) : forwardJacobian(point, outputs);
    for (const entry of compare(numeric, analytic, base, outputs, settings)) {
      checked += 1;
      const { k, o, ...rest } = entry;
      const named = { input: point.inputNames[k]!, output: names[o]!, ...rest, order, mode };
      worst = worse(worst, named);
    }
  }
  const ok = worst === null || severity(worst) <= 1;
  return { ok, worst, checked, problem: null, seed };
}
