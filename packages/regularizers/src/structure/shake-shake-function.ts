import {
  add,
  astype,
  greaterEqual,
  lessEqual,
  logicalAnd,
  mul,
  random,
  reshape,
  type Shape,
  ShapeError,
  stopGradient,
  sub,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { requireFloating, requireNoise, requireRng } from './keep-mask.ts';

/** What `ShakeShake` and `shakeShake` have in common. */
export interface ShakeShakeSettings {
  /** The weights of the output in training: drawn, or 1/2. @defaultValue 'shake' */
  readonly forward?: 'shake' | 'even';
  /** The weights of the gradient: drawn for themselves, 1/2, or those of the output. @defaultValue 'shake' */
  readonly backward?: 'shake' | 'even' | 'keep';
  /** Whether each sample has weights of its own, or the mini-batch shares them. @defaultValue 'image' */
  readonly level?: 'image' | 'batch';
}

/** Options of `shakeShake`. */
export interface ShakeShakeOptions extends ShakeShakeSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the weights; the same key gives the same ones. */
  readonly rng?: Tensor;
  /** Weights in [0, 1] of the first branch in the output instead of drawn ones: `[n]`, or `[]` for the batch. */
  readonly alpha?: Tensor;
  /** Those of the gradient, likewise. */
  readonly beta?: Tensor;
}

/** Options of the layer that are the function's too. */
export const shakeShakeNames: OptionNames<ShakeShakeSettings> = {
  forward: true,
  backward: true,
  level: true,
};

const known: OptionNames<ShakeShakeOptions> = {
  ...shakeShakeNames,
  training: 'boolean',
  rng: true,
  alpha: true,
  beta: true,
};

/** A TypeError for other words. */
export function requireShakes(
  name: string,
  { forward = 'shake', backward = 'shake', level = 'image' }: ShakeShakeSettings,
): Required<ShakeShakeSettings> {
  const words = { forward: 'shake even', backward: 'shake even keep', level: 'image batch' };
  for (const [what, word] of Object.entries({ forward, backward, level })) {
    const allowed = words[what as keyof typeof words].split(' ');
    if (allowed.includes(word)) continue;
    const list = allowed.map((one) => `'${one}'`).join(' or ');
    throw new TypeError(`${name}: ${what} must be ${list}, got "${String(word)}".`);
  }
  return { forward, backward, level };
}

/**
 * Mixes two branches at random: `y = a F1 + (1 - a) F2` with `a ~ U(0, 1)` in training, their mean in evaluation.
 * The gradient is that of another mixture, `dF1 = b dy` and `dF2 = (1 - b) dy` with `b ~ U(0, 1)`: it is no
 * derivative of the value unless `backward` is `'keep'`, on purpose. With respect to the mixtures it is exact, so
 * higher orders are those of `b F1 + (1 - b) F2`.
 *
 * @param branch1  `[n, ...]`, floating
 * @param branch2  likewise, of the same shape
 * @returns the same shape
 * @throws ShapeError if the branches or given weights differ in shape; TypeError in training without `rng` and
 * weights; RangeError for weights outside [0, 1]; DTypeError for integers
 * @see Gastaldi, "Shake-Shake regularization", arXiv 1705.07485 (2017)
 * @example
 * ```ts
 * const [a, b] = [tensor([[1, 2]]), tensor([[5, 6]])];
 * reg.shakeShake(a, b).toArray(); // => [[3, 4]]
 * const options = { training: true, alpha: tensor([0.75]), beta: tensor([0.25]) };
 * reg.shakeShake(a, b, options).toArray(); // => [[2, 3]]
 * grad((x) => reg.shakeShake(x, b, options).sum())(a).toArray(); // => [[0.25, 0.25]]
 * ```
 */
export function shakeShake(
  branch1: TensorLike,
  branch2: TensorLike,
  options: ShakeShakeOptions = {},
): Tensor {
  const name = 'shakeShake';
  requireOptions(name, options, known);
  const { forward, backward, level } = requireShakes(name, options);
  const f1 = requireFloating(name, branch1, 'branch1');
  const f2 = requireFloating(name, branch2, 'branch2');
  if (showShape(f1.shape) !== showShape(f2.shape)) {
    throw new ShapeError(
      `${name}: the branches must have the same shape, got ${showShape(f1.shape)} and ${showShape(f2.shape)}.\n  Give both the same layers, with weights of their own.`,
    );
  }
  if (options.training !== true) return mixed(f1, f2, 0.5);
  if (level === 'image' && f1.rank === 0) {
    throw new ShapeError(
      `${name}: the branches must have samples along axis 0, got shape [].\n  Or pass level: 'batch'.`,
    );
  }
  const shape = level === 'image' ? f1.shape.slice(0, 1) : [];
  const along = level === 'image' ? [f1.shape[0]!, ...f1.shape.slice(1).map(() => 1)] : [];
  const weights = (what: 'alpha' | 'beta'): Tensor =>
    reshape(weightsOf(name, what, shape, options), along);
  const a = forward === 'shake' ? weights('alpha') : 0.5;
  if (backward === 'keep') return mixed(f1, f2, a);
  const differentiated = mixed(f1, f2, backward === 'shake' ? weights('beta') : 0.5);
  const value = stopGradient(mixed(f1, f2, a));
  // The difference is 0: the value is exact, and the gradient is that of the other mixture.
  return add(value, sub(differentiated, stopGradient(differentiated)));
}

/** Weights as float64 constants. */
function weightsOf(
  name: string,
  what: 'alpha' | 'beta',
  shape: Shape,
  options: ShakeShakeOptions,
): Tensor {
  const given = options[what];
  if (given === undefined) {
    const key = requireRng(name, options.rng, what);
    return random.uniform(random.foldIn(key, what), shape, { dtype: 'float64' });
  }
  const weights = requireFloating(name, requireNoise(name, what, given, shape), what);
  check(
    logicalAnd(greaterEqual(weights, 0), lessEqual(weights, 1)),
    () =>
      new RangeError(
        `${name}: ${what} must be in [0, 1], got ${String(given)}.\n  It weighs the first branch, 1 minus it the second.`,
      ),
  );
  return astype(weights, 'float64');
}

/** `a F1 + (1 - a) F2`; both weights are rounded once. */
function mixed(f1: Tensor, f2: Tensor, a: Tensor | 0.5): Tensor {
  if (a === 0.5) return add(mul(f1, a), mul(f2, a));
  return add(mul(f1, astype(a, f1.dtype)), mul(f2, astype(sub(1, a), f2.dtype)));
}
