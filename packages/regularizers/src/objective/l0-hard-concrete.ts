import {
  add,
  div,
  greater,
  greaterEqual,
  isFloating,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  mul,
  neg,
  random,
  ShapeError,
  sigmoid,
  sub,
  sum,
  Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import {
  asTensor,
  check,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';

/** The shape of the distribution of a gate. */
export interface HardConcreteOptions {
  /** Temperature, > 0: the smaller, the nearer to 0 or 1. @defaultValue 2/3, as the authors */
  readonly beta?: number;
  /** Lower end of the stretched interval, < 0. @defaultValue -0.1, as the authors */
  readonly gamma?: number;
  /** Upper end of the stretched interval, > 1. @defaultValue 1.1, as the authors */
  readonly zeta?: number;
}

/** Options of `hardConcrete`: one of `u` and `key` is needed. */
export interface SampleGateOptions extends HardConcreteOptions {
  /** Uniform noise inside (0, 1) that broadcasts with the gates. */
  readonly u?: TensorLike;
  /** Random key of the noise. */
  readonly key?: Tensor;
  /** Draws with this shape in front of that of the gates. @defaultValue [] */
  readonly sampleShape?: readonly number[];
}

/** A draw of gates and what it comes from. */
export interface HardConcreteSample {
  /** Binary concrete, inside (0, 1). */
  readonly s: Tensor;
  /** Stretched to `(gamma, zeta)`. */
  readonly sBar: Tensor;
  /** The gates: cut off to [0, 1]; 0 and 1 have positive probability. */
  readonly z: Tensor;
}

/** The names of `HardConcreteOptions`. */
export const gateOptions: OptionNames<HardConcreteOptions> = {
  beta: true,
  gamma: true,
  zeta: true,
};

/** The values that are used; a RangeError for those that make no such distribution. */
export function gateSettings(
  caller: string,
  { beta = 2 / 3, gamma = -0.1, zeta = 1.1 }: HardConcreteOptions,
): Required<HardConcreteOptions> {
  const refuse = (what: string, value: unknown): never => {
    throw new RangeError(
      `${caller}: ${what}, got ${String(value)}.\n  The authors' are beta 2/3, gamma -0.1, zeta 1.1.`,
    );
  };
  if (!(typeof beta === 'number' && beta > 0 && beta < Infinity)) {
    refuse('beta must be finite and > 0', beta);
  }
  if (!(typeof gamma === 'number' && gamma < 0 && gamma > -Infinity)) {
    refuse('gamma must be finite and < 0', gamma);
  }
  if (!(typeof zeta === 'number' && zeta > 1 && zeta < Infinity)) {
    refuse('zeta must be finite and > 1', zeta);
  }
  return { beta, gamma, zeta };
}

function requireLogAlpha(caller: string, logAlpha: TensorLike): Tensor {
  const value = asTensor(logAlpha, caller);
  if (isFloating(value.dtype)) return value;
  throw new TypeError(`${caller}: logAlpha must be floating, got ${value.dtype}.`);
}

/** To [0, 1]; the derivative is 1 strictly inside and 0 elsewhere. NaN stays. */
const cutOff = (x: Tensor): Tensor => where(lessEqual(x, 0), 0, where(greaterEqual(x, 1), 1, x));

/**
 * Draws hard concrete gates: `s = sigmoid((log u - log(1 - u) + logAlpha) / beta)` with uniform `u`,
 * `sBar = s (zeta - gamma) + gamma`, `z = min(1, max(0, sBar))`. A gate is exactly 0 or exactly 1 with
 * positive probability, and differentiable with respect to `logAlpha` in between; where it is cut off the
 * derivative is 0.
 *
 * @param logAlpha  `[...s]`, one per gate: the larger, the more open
 * @returns `[...sampleShape, ...s]` each
 * @throws RangeError for `beta <= 0`, `gamma >= 0`, `zeta <= 1` or `u` outside (0, 1); TypeError unless there
 *   is one of `u` and `key`
 * @see Louizos, Welling & Kingma, "Learning Sparse Neural Networks through L0 Regularization" (2018)
 * @example
 * ```ts
 * reg.hardConcrete(tensor([0, 0, 0]), { u: tensor([0.01, 0.5, 0.99]) }).z.toArray(); // => [0, 0.5, 1]
 * ```
 */
export function hardConcrete(logAlpha: TensorLike, options: SampleGateOptions): HardConcreteSample {
  const caller = 'hardConcrete';
  requireOptions(caller, options, { ...gateOptions, u: true, key: true, sampleShape: true });
  const { beta, gamma, zeta } = gateSettings(caller, options);
  const alpha = requireLogAlpha(caller, logAlpha);
  const u = uniformNoise(caller, alpha, options);
  const s = sigmoid(div(add(sub(log(u), log1p(neg(u))), alpha), beta));
  const sBar = add(mul(s, zeta - gamma), gamma);
  return { s, sBar, z: cutOff(sBar) };
}

function uniformNoise(
  caller: string,
  alpha: Tensor,
  { u, key, sampleShape = [] }: SampleGateOptions,
): Tensor {
  if (u !== undefined && key === undefined) {
    const given = typeof u === 'number' ? add(mul(alpha, 0), u) : asTensor(u, caller);
    check(
      logicalAnd(greater(given, 0), less(given, 1)),
      () => new RangeError(`${caller}: u must lie inside (0, 1), got ${String(given)}.`),
    );
    return given;
  }
  if (!(key instanceof Tensor) || u !== undefined) {
    throw new TypeError(
      `${caller}: needs one of u (noise) and key, got ${u === undefined ? kindOf(key) : 'both'}.`,
    );
  }
  // At the very ends the logarithms would be infinite.
  return random.uniform(key, [...sampleShape, ...alpha.shape], {
    min: 1e-6,
    max: 1 - 1e-6,
    dtype: alpha.dtype,
  });
}

/**
 * The gates of evaluation, without noise and temperature:
 * `min(1, max(0, sigmoid(logAlpha) (zeta - gamma) + gamma))`. `[...s] -> [...s]`.
 *
 * @throws RangeError as `hardConcrete`
 * @example
 * ```ts
 * reg.hardConcreteGate(tensor([-5, 0, 5])).toArray(); // => [0, 0.5, 1]
 * ```
 */
export function hardConcreteGate(logAlpha: TensorLike, options: HardConcreteOptions = {}): Tensor {
  requireOptions('hardConcreteGate', options, gateOptions);
  const { gamma, zeta } = gateSettings('hardConcreteGate', options);
  const open = sigmoid(requireLogAlpha('hardConcreteGate', logAlpha));
  return cutOff(add(mul(open, zeta - gamma), gamma));
}

/**
 * How likely a gate is not exactly 0, `sigmoid(logAlpha - beta log(-gamma / zeta))`. `[...s] -> [...s]`.
 *
 * @throws RangeError as `hardConcrete`
 * @example
 * ```ts
 * reg.gateProbNonzero(tensor([0])).toArray(); // => [1 / (1 + 11 ** (-2 / 3))]
 * ```
 */
export function gateProbNonzero(logAlpha: TensorLike, options: HardConcreteOptions = {}): Tensor {
  requireOptions('gateProbNonzero', options, gateOptions);
  const { beta, gamma, zeta } = gateSettings('gateProbNonzero', options);
  const alpha = requireLogAlpha('gateProbNonzero', logAlpha);
  return sigmoid(sub(alpha, beta * Math.log(-gamma / zeta)));
}

/**
 * How likely a gate is exactly 1, `sigmoid(logAlpha - beta log((1 - gamma) / (zeta - 1)))`. `[...s] -> [...s]`.
 *
 * @throws RangeError as `hardConcrete`
 * @example
 * ```ts
 * reg.gateProbOne(tensor([0])).toArray(); // => [1 / (1 + 11 ** (2 / 3))]
 * ```
 */
export function gateProbOne(logAlpha: TensorLike, options: HardConcreteOptions = {}): Tensor {
  requireOptions('gateProbOne', options, gateOptions);
  const { beta, gamma, zeta } = gateSettings('gateProbOne', options);
  const alpha = requireLogAlpha('gateProbOne', logAlpha);
  return sigmoid(sub(alpha, beta * Math.log((1 - gamma) / (zeta - 1))));
}

/** Options of `l0Penalty`. */
export interface L0PenaltyOptions extends HardConcreteOptions {
  /** Strength, >= 0; loss per gate (or weight, with `groupSize`) that is expected to be open. */
  readonly lambda: Strength;
  /** How many weights a gate switches: a number or tensor that broadcasts to the gates. @defaultValue 1 */
  readonly groupSize?: TensorLike;
}

function requireGroupSize(groupSize: TensorLike): void {
  const refused = (): RangeError =>
    new RangeError(`l0Penalty: groupSize must be finite and >= 0, got ${String(groupSize)}.`);
  if (typeof groupSize === 'number') {
    if (!(groupSize >= 0 && groupSize < Infinity)) throw refused();
    return;
  }
  const sizes = asTensor(groupSize, 'l0Penalty');
  check(logicalAnd(greaterEqual(sizes, 0), less(sizes, Infinity)), refused);
}

/**
 * Expected L0 norm of gated weights, `lambda * sum_j groupSize_j P(z_j != 0)`. The derivative with respect to
 * `logAlpha` is `lambda groupSize p (1 - p)`; the probabilities are not cut off, so it never vanishes early.
 *
 * @param logAlpha  `[...s]`
 * @returns scalar `[]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError for a bad `lambda` or a `groupSize` that is negative or not finite, as `hardConcrete` for the
 *   others; ShapeError if `groupSize` does not broadcast to the gates
 * @see Louizos, Welling & Kingma, "Learning Sparse Neural Networks through L0 Regularization" (2018)
 * @example
 * ```ts
 * const p = 1 / (1 + 11 ** (-2 / 3));
 * reg.l0Penalty(tensor([0, 0]), { lambda: 0.5, groupSize: 3 }).item(); // => 3 * p
 * ```
 */
export function l0Penalty(logAlpha: TensorLike, options: L0PenaltyOptions): Tensor {
  requireOptions('l0Penalty', options, { ...gateOptions, lambda: true, groupSize: true });
  const { lambda: strength, groupSize = 1, ...rest } = options;
  const lambda = requireStrength('l0Penalty: lambda', strength);
  const alpha = requireLogAlpha('l0Penalty', logAlpha);
  const p = gateProbNonzero(gated(lambda, alpha), rest);
  requireGroupSize(groupSize);
  const counted = groupSize === 1 ? p : mul(p, groupSize);
  if (counted.size !== p.size) {
    throw new ShapeError(
      `l0Penalty: groupSize must broadcast to the gates ${showShape(alpha.shape)}, together they have shape ${showShape(counted.shape)}.`,
    );
  }
  return scaled(lambda, sum(counted));
}
