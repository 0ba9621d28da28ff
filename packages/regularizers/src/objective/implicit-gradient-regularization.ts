import {
  add,
  Cell,
  grad,
  mapTree,
  mul,
  noGrad,
  norm,
  stack,
  stopGradient,
  type Tensor,
  type TensorsOf,
  type TreeParts,
} from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { requireStrength, type Strength } from '../strength.ts';
import {
  byPath,
  type GivenParameters,
  gradientPenalty,
  type LossParameters,
  type NamedLeaves,
  type NamedTensors,
  type ParameterLoss,
} from './gradient-penalty.ts';

/** Options of `implicitGradientPenalty` and `modifiedLoss`. */
export interface ImplicitGradientOptions {
  /** Learning rate of the gradient descent that is looked at, >= 0. */
  readonly lr: Strength;
}

/**
 * What gradient descent adds to a loss by the length of its steps, `lr / 4 * ||dL/dp||^2`: to second order
 * in the rate, its steps stay on the gradient flow of `L` plus this, not of `L`. For analysis: in a loss
 * that is minimised with the same rate it would count twice.
 *
 * @param loss  scalar, called with the parameters
 * @param params  tensors or cells in a tree, or a network: all its parameters
 * @returns scalar `[]`
 * @throws as `gradientPenalty`
 * @see Barrett & Dherin, "Implicit Gradient Regularization" (2021)
 * @example
 * ```ts
 * const loss = (w: Tensor) => square(w).sum().mul(0.5);
 * reg.implicitGradientPenalty(loss, tensor([3, -4]), { lr: 0.1 }).item(); // => 0.625
 * ```
 */
export function implicitGradientPenalty<P extends LossParameters | TreeParts<P>>(
  loss: ParameterLoss<P>,
  params: P,
  options: ImplicitGradientOptions,
): Tensor {
  requireOptions('implicitGradientPenalty', options, { lr: true });
  const lr = requireStrength('implicitGradientPenalty: lr', options.lr);
  const lambda = typeof lr === 'number' ? lr / 4 : mul(lr, 0.25);
  return gradientPenalty(loss, params, { lambda });
}

/**
 * The loss whose gradient flow gradient descent follows, `L + lr / 4 * ||dL/dp||^2`.
 *
 * @returns scalar `[]`
 * @throws as `gradientPenalty`
 * @see Barrett & Dherin, "Implicit Gradient Regularization" (2021)
 * @example
 * ```ts
 * const loss = (w: Tensor) => square(w).sum().mul(0.5);
 * reg.modifiedLoss(loss, tensor([3, -4]), { lr: 0.1 }).item(); // => 13.125
 * ```
 */
export function modifiedLoss<P extends LossParameters | TreeParts<P>>(
  loss: ParameterLoss<P>,
  params: P,
  options: ImplicitGradientOptions,
): Tensor {
  const { at, loss: lossOf } = byPath('modifiedLoss', loss, params);
  return add(lossOf(at), implicitGradientPenalty(loss, params, options));
}

/** Options of `gradientFlow`. */
export interface GradientFlowOptions {
  /** How long, > 0: one step of gradient descent with rate `lr` corresponds to `time: lr`. */
  readonly time: number;
  /** Steps of the integrator. @defaultValue 16 */
  readonly steps?: number;
}

/**
 * Where the flow `dp/dt = -dL/dp` has come to from the parameters after some time, by the classical
 * Runge-Kutta method of order 4. The parameters themselves stay; nothing can be differentiated.
 *
 * @param loss  scalar, called with the parameters
 * @returns values in the structure of the parameters; of a network, by name
 * @throws RangeError unless `time` is finite and > 0 and `steps` a positive integer; Error naming
 *   parameters that the loss does not depend on
 * @example
 * ```ts
 * const loss = (w: Tensor) => square(w).sum().mul(0.5);
 * reg.gradientFlow(loss, tensor([3, -4]), { time: 1 }).toArray(); // => [3 / Math.E, -4 / Math.E]
 * ```
 */
export function gradientFlow<P extends LossParameters | TreeParts<P>>(
  loss: ParameterLoss<P>,
  params: P,
  options: GradientFlowOptions,
): TensorsOf<GivenParameters<P>> {
  requireOptions('gradientFlow', options, { time: true, steps: true });
  const { time, steps = 16 } = options;
  if (!(time > 0 && time < Infinity)) {
    throw new RangeError(`gradientFlow: time must be finite and > 0, got ${String(time)}.`);
  }
  requireCount('gradientFlow', 'steps', steps);
  const { at, loss: lossOf, rebuild } = byPath('gradientFlow', loss, params);
  return rebuild(flow(slopeOf(lossOf, at), valuesOf(at), time, steps));
}

/** Options of `implicitGradientOrder`. */
export interface ImplicitGradientOrderOptions {
  /** The largest learning rate, > 0. */
  readonly lr: number;
  /** How many rates are looked at, each half the one before; at least 2. @defaultValue 4 */
  readonly rates?: number;
  /**
   * Steps at the largest rate; smaller rates take as many as the same time needs. Without it every rate
   * makes a single step, whose orders are one higher. @defaultValue undefined
   */
  readonly steps?: number;
}

/** How far gradient descent is from two flows, by rate, and how fast that falls with the rate. */
export interface ImplicitGradientOrder {
  readonly lr: readonly number[];
  /** Distance of gradient descent from the flow of the loss. */
  readonly flow: readonly number[];
  /** Distance from the flow of the modified loss. */
  readonly modified: readonly number[];
  /** `log2` of the ratio of successive distances: towards 1 over a fixed time, 2 for one step. */
  readonly flowOrder: readonly number[];
  /** The same for the modified loss: towards 2 over a fixed time, 3 for one step. */
  readonly modifiedOrder: readonly number[];
}

const orderNames: OptionNames<ImplicitGradientOrderOptions> = {
  lr: true,
  rates: true,
  steps: true,
};

/**
 * Measures that gradient descent follows the flow of `modifiedLoss` one order better than that of the loss:
 * it takes the steps at several rates and integrates both flows. Distances are norms over all parameters
 * together, as numbers. Use float64: in float32 roundings hide the higher order.
 *
 * @param loss  scalar, three times differentiable, called with the parameters
 * @param params  where the descent starts; stays as it is
 * @throws RangeError for a bad rate or count; Error naming parameters that the loss does not depend on
 * @see Barrett & Dherin, "Implicit Gradient Regularization" (2021), theorem 3.1
 * @example
 * ```ts
 * const loss = (w: Tensor) => sum(cosh(w));
 * const start = tensor([1, -0.5], { dtype: 'float64' });
 * const { flowOrder, modifiedOrder } = reg.implicitGradientOrder(loss, start, { lr: 0.01 });
 * [Math.round(flowOrder.at(-1)!), Math.round(modifiedOrder.at(-1)!)]; // => [2, 3]
 * ```
 */
export function implicitGradientOrder<P extends LossParameters | TreeParts<P>>(
  loss: ParameterLoss<P>,
  params: P,
  options: ImplicitGradientOrderOptions,
): ImplicitGradientOrder {
  requireOptions('implicitGradientOrder', options, orderNames);
  const { lr, rates = 4, steps } = options;
  if (!(lr > 0 && lr < Infinity)) {
    throw new RangeError(`implicitGradientOrder: lr must be finite and > 0, got ${String(lr)}.`);
  }
  requireCount('implicitGradientOrder', 'rates', rates, 2);
  if (steps !== undefined) requireCount('implicitGradientOrder', 'steps', steps);
  const { at, loss: lossOf } = byPath('implicitGradientOrder', loss, params);
  const start = valuesOf(at);
  const slope = slopeOf(lossOf, at);
  const rows = Array.from({ length: rates }, (_, k) => {
    const rate = lr / 2 ** k;
    const count = steps === undefined ? 1 : steps * 2 ** k;
    let descended = start;
    for (let i = 0; i < count; i++) descended = along(descended, slope(descended), -rate);
    const modified = slopeOf((named) => modifiedLoss(lossOf, named, { lr: rate }), at);
    // Four steps of order 4 per step of order 1 leave an error that does not matter.
    const distance = (field: Slope): number =>
      distanceOf(descended, flow(field, start, rate * count, 4 * count));
    return { lr: rate, flow: distance(slope), modified: distance(modified) };
  });
  const column = (name: 'lr' | 'flow' | 'modified'): number[] => rows.map((row) => row[name]);
  const orders = (errors: readonly number[]): number[] =>
    errors.slice(1).map((error, k) => Math.log2(errors[k]! / error));
  return {
    lr: column('lr'),
    flow: column('flow'),
    modified: column('modified'),
    flowOrder: orders(column('flow')),
    modifiedOrder: orders(column('modified')),
  };
}

type Slope = (named: NamedTensors) => NamedTensors;

/** The gradient at any values; parameters that are cells hold them meanwhile. */
function slopeOf(loss: (named: NamedLeaves) => Tensor, at: NamedLeaves): Slope {
  const gradient = grad(loss, { unreached: 'error', createGraph: false });
  const cells = Object.fromEntries(
    Object.entries(at).flatMap(([path, x]) => (x instanceof Cell ? [[path, x]] : [])),
  );
  return (named) => {
    const before = Object.entries(cells).map(([path, cell]) => [path, cell.read()] as const);
    try {
      for (const [path, cell] of Object.entries(cells)) cell.write(named[path]!);
      return gradient({ ...named, ...cells });
    } finally {
      for (const [path, value] of before) cells[path]!.write(value);
    }
  };
}

const valuesOf = (at: NamedLeaves): NamedTensors =>
  mapTree(at, (x) => stopGradient(x instanceof Cell ? x.read() : x));

/** `x + factor * v`. */
const along = (x: NamedTensors, v: NamedTensors, factor: number): NamedTensors =>
  mapTree(x, (each, direction) => add(each, mul(direction!, factor)), v);

/** The classical Runge-Kutta method for `dx/dt = -slope(x)`. */
function flow(slope: Slope, start: NamedTensors, time: number, steps: number): NamedTensors {
  return noGrad(() => {
    const h = time / steps;
    let x = start;
    for (let i = 0; i < steps; i++) {
      const k1 = slope(x);
      const k2 = slope(along(x, k1, -h / 2));
      const k3 = slope(along(x, k2, -h / 2));
      const k4 = slope(along(x, k3, -h));
      for (const [k, weight] of [
        [k1, 1],
        [k2, 2],
        [k3, 2],
        [k4, 1],
      ] as const) {
        x = along(x, k, (-h * weight) / 6);
      }
    }
    return x;
  });
}

const distanceOf = (a: NamedTensors, b: NamedTensors): number =>
  norm(stack(Object.entries(a).map(([path, x]) => norm(x.sub(b[path]!))))).item();

function requireCount(caller: string, name: string, value: number, least = 1): void {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(
      `${caller}: ${name} must be an integer >= ${least}, got ${String(value)}.`,
    );
  }
}
