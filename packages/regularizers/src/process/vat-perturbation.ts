import {
  astype,
  grad,
  mul,
  random,
  ShapeError,
  stopGradient,
  sum,
  Tensor,
  zerosLike,
} from '@tikhonov/core';
import { kindOf, type OptionNames, showShape, showValue } from '@tikhonov/core/engine';
import { unitPerSample } from '../objective/per-sample.ts';
import { requireStrength, type Strength } from '../strength.ts';
import { klOfLogits } from './kl-of-logits.ts';

/** How far the outputs are from those that they shall stay near, per sample `[n]`; at least 0, and 0 if equal. */
export type Divergence = (target: Tensor, output: Tensor) => Tensor;

/** Options of `vatPerturbation`. */
export interface VatPerturbationOptions {
  /** Length of each sample's perturbation, > 0, in units of the input; it depends on the data. */
  readonly epsilon: Strength;
  /** Rounds of power iteration; 0 is a random direction. @defaultValue 1, as the authors' code */
  readonly nPowerIterations?: number;
  /**
   * How the Hessian is applied to a direction: exactly, by differentiating twice, or by a difference of
   * gradients over `xi`. @defaultValue 'hvp'
   */
  readonly mode?: 'hvp' | 'finite-difference';
  /**
   * Step of the difference, > 0. The relative error is about the unit roundoff divided by it.
   * @defaultValue 1e-6 in float64, as the authors' code; 1e-3 in float32, where that would leave one digit
   */
  readonly xi?: number;
  /** @defaultValue Kullback-Leibler divergence of the softmax of the outputs */
  readonly divergence?: Divergence;
  /** Random key of the first direction; it or `d0` is needed. */
  readonly key?: Tensor;
  /** The first direction itself, of the shape of `x`, of any length. */
  readonly d0?: Tensor;
  /** Outputs to stay near, a constant. @defaultValue the function's own at `x` */
  readonly target?: Tensor;
}

/** Which options there are. */
export const perturbationNames: OptionNames<VatPerturbationOptions> = {
  epsilon: true,
  nPowerIterations: true,
  mode: true,
  xi: true,
  divergence: 'function',
  key: true,
  d0: true,
  target: true,
};

/** Refuses options that no perturbation can be made with. */
export function requireVatOptions(caller: string, options: VatPerturbationOptions): void {
  requireStrength(`${caller}: epsilon`, options.epsilon, 'positive');
  const { nPowerIterations = 1, mode = 'hvp', xi } = options;
  if (!Number.isInteger(nPowerIterations) || nPowerIterations < 0) {
    throw new RangeError(
      `${caller}: nPowerIterations must be an integer >= 0, got ${String(nPowerIterations)}.`,
    );
  }
  if (mode !== 'hvp' && mode !== 'finite-difference') {
    throw new RangeError(
      `${caller}: mode must be 'hvp' or 'finite-difference', got ${showValue(mode)}.`,
    );
  }
  if (mode === 'finite-difference' && xi !== undefined && !(xi > 0 && xi < Infinity)) {
    throw new RangeError(`${caller}: xi must be finite and > 0, got ${String(xi)}.`);
  }
}

/** The outputs to stay near, constants. */
export const targetOf = (
  forward: (x: Tensor) => Tensor,
  x: Tensor,
  { target }: VatPerturbationOptions,
): Tensor => stopGradient(target ?? forward(x));

/** The direction of length `epsilon` per sample in which the outputs change most. */
export function perturbationTo(
  caller: string,
  forward: (x: Tensor) => Tensor,
  x: Tensor,
  target: Tensor,
  options: VatPerturbationOptions,
): Tensor {
  const { nPowerIterations = 1, mode = 'hvp', divergence = klOfLogits } = options;
  const { xi = x.dtype === 'float32' ? 1e-3 : 1e-6 } = options;
  const at = stopGradient(x);
  const change = (r: Tensor): Tensor =>
    sum(divergenceOf(caller, divergence, target, forward(at.add(r))));
  // Gradients that nobody differentiates, whatever derivatives are taken around the call.
  const plain = { createGraph: false };
  const applied = {
    hvp: (d: Tensor) => grad((r: Tensor) => sum(mul(grad(change)(r), d)), plain)(zerosLike(at)),
    'finite-difference': (d: Tensor) => grad(change, plain)(mul(d, xi)),
  };
  let d = startOf(caller, at, options);
  for (let k = 0; k < nPowerIterations; k++) d = applied[mode](unitPerSample(d));
  const epsilon = requireStrength(`${caller}: epsilon`, options.epsilon, 'positive');
  const length = typeof epsilon === 'number' ? epsilon : astype(epsilon, x.dtype);
  return stopGradient(mul(unitPerSample(d), length));
}

/** The divergences of each sample, checked. */
export function divergenceOf(
  caller: string,
  divergence: Divergence,
  target: Tensor,
  output: Tensor,
): Tensor {
  if (String(output.shape) !== String(target.shape)) {
    throw new ShapeError(
      `${caller}: the target must have the shape of the outputs, ${showShape(output.shape)}, got ${showShape(target.shape)}.`,
    );
  }
  const each = divergence(target, output);
  if (each instanceof Tensor && each.rank === 1 && each.shape[0] === output.shape[0]) return each;
  const seen = each instanceof Tensor ? `shape ${showShape(each.shape)}` : kindOf(each);
  throw new ShapeError(
    `${caller}: the divergence must give one number per sample, [${output.shape[0]}], got ${seen}.`,
  );
}

function startOf(caller: string, x: Tensor, { key, d0 }: VatPerturbationOptions): Tensor {
  if (d0 === undefined) {
    if (key !== undefined) return random.normal(key, x.shape, { dtype: x.dtype });
    throw new TypeError(
      `${caller}: needs a random key, or the first direction d0.\n  { key: rng }, another one in every step`,
    );
  }
  if (String(d0.shape) !== String(x.shape)) {
    throw new ShapeError(
      `${caller}: d0 must have the shape of x, ${showShape(x.shape)}, got ${showShape(d0.shape)}.`,
    );
  }
  return stopGradient(d0);
}
