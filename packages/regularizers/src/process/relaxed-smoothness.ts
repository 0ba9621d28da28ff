import {
  div,
  grad,
  greater,
  random,
  type Tensor,
  type TreeParts,
  vjp,
  where,
} from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { globalNorm, mapNamed } from '@tikhonov/optim';
import {
  byPath,
  type LossParameters,
  type NamedLeaves,
  type NamedTensors,
  type ParameterLoss,
} from '../objective/gradient-penalty.ts';

/** Options of `curvature`. */
export interface CurvatureOptions {
  /** Rounds of power iteration, >= 1: a Hessian-vector product each. @defaultValue 50 */
  readonly nPowerIterations?: number;
  /** Of the first direction. @defaultValue `random.key(0)` */
  readonly key?: Tensor;
}

/** How steep and how curved a loss is at a point; float64 scalars. */
export interface Curvature {
  /** `||dL/dw||` over all parameters together. */
  readonly gradientNorm: Tensor;
  /** The largest absolute eigenvalue of the Hessian, approached from below. */
  readonly hessianNorm: Tensor;
}

const known: OptionNames<CurvatureOptions> = { nPowerIterations: true, key: true };

/**
 * The norms of gradient and Hessian at a point: what `relaxedSmoothness` relates along a training.
 *
 * @param loss  scalar, called with the parameters; twice differentiable at them
 * @param params  tensors or cells in a tree, or a network: all its parameters
 * @returns float64 scalars, which can be recorded in a compiled function
 * @throws RangeError for a number of rounds that is not an integer >= 1; Error naming parameters that the
 *   loss does not depend on
 * @example
 * ```ts
 * const loss = (w: Tensor) => square(w).mul(tensor([1, 2])).sum();
 * const { gradientNorm, hessianNorm } = reg.curvature(loss, tensor([1.5, 1]));
 * gradientNorm.item(); // => 5
 * hessianNorm.item(); // => 4
 * ```
 */
export function curvature<P extends LossParameters | TreeParts<P>>(
  loss: ParameterLoss<P>,
  params: P,
  options: CurvatureOptions = {},
): Curvature {
  requireOptions('curvature', options, known);
  const { nPowerIterations = 50, key = random.key(0) } = options;
  if (!Number.isInteger(nPowerIterations) || nPowerIterations < 1) {
    throw new RangeError(
      `curvature: nPowerIterations must be an integer >= 1, got ${nPowerIterations}.`,
    );
  }
  const paths = byPath('curvature', loss, params);
  const slopes = (at: NamedLeaves): NamedTensors => grad(paths.loss)(at);
  const [gradients, pullback] = vjp<[NamedLeaves], NamedTensors>(slopes, [paths.at]);
  // The Hessian is symmetric, so the pullback of the gradient is it.
  let direction: NamedTensors = mapNamed(gradients, (g, name) =>
    random.normal(random.foldIn(key, name), g.shape, { dtype: g.dtype }),
  );
  let hessianNorm = globalNorm(gradients);
  for (let k = 0; k < nPowerIterations; k++) {
    const unit = normalized(direction);
    [direction] = pullback(unit);
    hessianNorm = globalNorm(direction);
  }
  return { gradientNorm: globalNorm(gradients), hessianNorm };
}

/** Of length 1; 0 stays 0. */
function normalized(named: NamedTensors): NamedTensors {
  const length = globalNorm(named);
  const divisor = where(greater(length, 0), length, 1);
  return mapNamed(named, (x) => div(x, divisor.astype(x.dtype)));
}

/** Constants of `||H|| <= L0 + L1 ||g||`. */
export interface RelaxedSmoothness {
  readonly l0: number;
  readonly l1: number;
}

/** Norms at a point, as numbers. */
export interface CurvaturePoint {
  readonly gradientNorm: number;
  readonly hessianNorm: number;
}

/**
 * The (L0, L1)-smoothness that points of a training show: of all lines `L0 + L1 ||g||` with `L0, L1 >= 0`
 * that lie on or above every `||H||`, the one with the smallest total distance. `L1 = 0` is ordinary
 * smoothness. That the loss is so between the points is not shown.
 *
 * @param points  one at least, finite and >= 0
 * @throws RangeError for no points, or one that is negative or not finite
 * @see Zhang, He, Sra & Jadbabaie, "Why Gradient Clipping Accelerates Training" (2020)
 * @example
 * ```ts
 * // Of e^w, whose first and second derivative are the same.
 * const points = [1, 2, 5].map((x) => ({ gradientNorm: x, hessianNorm: x }));
 * reg.relaxedSmoothness(points).l1; // => 1
 * ```
 */
export function relaxedSmoothness(points: readonly CurvaturePoint[]): RelaxedSmoothness {
  if (points.length === 0) throw new RangeError('relaxedSmoothness: needs at least one point.');
  for (const { gradientNorm: g, hessianNorm: h } of points) {
    if (g >= 0 && h >= 0 && g < Infinity && h < Infinity) continue;
    throw new RangeError(
      `relaxedSmoothness: norms must be finite and >= 0, got a gradient's ${g} and a Hessian's ${h}.`,
    );
  }
  const pairs = points.map(({ gradientNorm, hessianNorm }) => [gradientNorm, hessianNorm] as const);
  const hull = upperHull(pairs);
  const [meanG] = pairs.reduce(([sum], [g]) => [sum + g / pairs.length], [0]);
  // A linear programme of two unknowns: its solution is the hull's edge above the mean.
  const right = hull.findIndex(([g]) => g > meanG);
  const edge = right > 0 ? slopeOf(hull[right - 1]!, hull[right]!) : 0;
  const steepest = Math.max(...pairs.map(([g, h]) => (g > 0 ? h / g : h > 0 ? Infinity : 0)));
  const l1 = Math.max(0, Math.min(edge, steepest));
  return { l0: Math.max(0, ...pairs.map(([g, h]) => h - l1 * g)), l1 };
}

type Pair = readonly [g: number, h: number];

const slopeOf = ([g1, h1]: Pair, [g2, h2]: Pair): number => (h2 - h1) / (g2 - g1);

/** From left to right the corners of the least concave line above all pairs. */
function upperHull(pairs: readonly Pair[]): readonly Pair[] {
  const hull: Pair[] = [];
  for (const pair of [...pairs].sort(([g1, h1], [g2, h2]) => g1 - g2 || h2 - h1)) {
    if (hull.at(-1)?.[0] === pair[0]) continue;
    while (hull.length > 1 && slopeOf(hull.at(-2)!, hull.at(-1)!) <= slopeOf(hull.at(-1)!, pair)) {
      hull.pop();
    }
    hull.push(pair);
  }
  return hull;
}

/** Options of `gradientChangeBound`. */
export interface GradientChange extends RelaxedSmoothness {
  /** `||g||` at the first point. */
  readonly gradientNorm: number;
  /** `||d||`, from there to the second. */
  readonly distance: number;
}

/**
 * How far the gradient of an (L0, L1)-smooth loss can move over a distance:
 * `||g(x + d) - g(x)|| <= (L0 + L1 ||g(x)||) (e^c - 1) / c ||d||` with `c = L1 ||d||`. The factor is 1 for
 * short distances only: without it the inequality is false, at every distance, already for `e^x`. Nothing
 * smaller will do: losses with `f'' = L0 + L1 f'` reach it.
 *
 * @throws RangeError for numbers that are negative or not finite
 * @see Zhang, Jin, Fang & Wang, "Improved Analysis of Clipping Algorithms for Non-convex Optimization"
 *   (2020), whose factor of `L0` is `1 + e^c - (e^c - 1) / c`, which is larger
 * @example
 * ```ts
 * const change = Math.exp(1) - 1;
 * reg.gradientChangeBound({ l0: 0, l1: 1, gradientNorm: 1, distance: 1 }) - change; // => 0
 * reg.gradientChangeBound({ l0: 2, l1: 0, gradientNorm: 1, distance: 3 }); // => 6
 * ```
 */
export function gradientChangeBound(change: GradientChange): number {
  const { l0, l1, gradientNorm, distance } = change;
  for (const [name, value] of Object.entries({ l0, l1, gradientNorm, distance })) {
    if (typeof value === 'number' && value >= 0 && value < Infinity) continue;
    throw new RangeError(`gradientChangeBound: ${name} must be finite and >= 0, got ${value}.`);
  }
  const c = l1 * distance;
  return (l0 + l1 * gradientNorm) * distance * (c > 0 ? Math.expm1(c) / c : 1);
}
