import {
  Cell,
  div,
  isFinite as finite,
  greater,
  logicalAnd,
  matmul,
  maximum,
  mul,
  norm,
  notEqual,
  permute,
  random,
  reshape,
  ShapeError,
  stopGradient,
  sum,
  type Tensor,
  type TensorLike,
  transpose,
  where,
} from '@tikhonov/core';
import {
  asTensor,
  check,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { initialKey } from '../keys.ts';
import type { Module } from '../module.ts';
import {
  contextFor,
  layersWithWeight,
  Parametrization,
  type ParametrizeOptions,
  parametrize,
} from './parametrized.ts';
import { otherAxes } from './weight-norm.ts';

/** Options of the power iteration. */
export interface SpectralIterationOptions {
  /** Rounds per step. @defaultValue 1, as PyTorch */
  readonly nPowerIterations?: number;
  /** Divisors below it are replaced by it. @defaultValue 1e-12, as PyTorch */
  readonly eps?: number;
  /** The axis of the output units. @defaultValue 0 */
  readonly dim?: number;
}

/** Options of `spectrallyNormalizedWeight`. */
export interface SpectralWeightOptions extends SpectralIterationOptions {
  /** Estimate of the left singular vector, `[out]`; its length does not matter. */
  readonly u: TensorLike;
  /** Of the right one, `[rest]`; needed with no rounds. */
  readonly v?: TensorLike;
}

/** Options of `spectralNormalization`. */
export interface SpectralNormalizationOptions extends SpectralIterationOptions, ParametrizeOptions {
  /** Random key of the first vectors; each layer folds in its name. @defaultValue from `seed` */
  readonly key?: Tensor;
  /** @defaultValue 0 */
  readonly seed?: number;
}

const known: OptionNames<SpectralIterationOptions> = {
  nPowerIterations: true,
  eps: true,
  dim: true,
};

/** Rounds before the first use, as PyTorch. */
const warmUp = 15;

/** A weight divided by the estimate of its spectral norm, and what that is made of. */
export interface SpectralWeight {
  readonly weight: Tensor;
  /** `u^T W v`, `[]`. */
  readonly sigma: Tensor;
  /** `[out]`, constant. */
  readonly u: Tensor;
  /** `[rest]`, constant. */
  readonly v: Tensor;
}

function settingsOf(
  caller: string,
  { nPowerIterations = 1, eps = 1e-12, dim = 0 }: SpectralIterationOptions,
  least: number,
): Required<SpectralIterationOptions> {
  if (!Number.isInteger(nPowerIterations) || nPowerIterations < least) {
    throw new RangeError(
      `${caller}: nPowerIterations must be an integer >= ${least}, got ${String(nPowerIterations)}.`,
    );
  }
  if (!(typeof eps === 'number' && eps > 0 && eps < Infinity)) {
    throw new RangeError(`${caller}: eps must be finite and > 0, got ${String(eps)}.`);
  }
  return { nPowerIterations, eps, dim };
}

/** `[out, rest]` */
function asMatrix(caller: string, w: Tensor, dim: number): Tensor {
  const others = otherAxes(caller, w, dim);
  const axis = dim < 0 ? dim + w.rank : dim;
  const front = axis === 0 ? w : permute(w, [axis, ...others]);
  return front.rank === 2 ? front : reshape(front, [w.shape[axis]!, -1]);
}

const unit = (x: Tensor, eps: number): Tensor => div(x, maximum(norm(x), eps));

/** Rounds of `v <- W^T u / ||W^T u||`, `u <- W v / ||W v||`, none of them differentiated. */
function iterate(
  matrix: Tensor,
  u: Tensor,
  { nPowerIterations, eps }: Required<SpectralIterationOptions>,
): { readonly u: Tensor; readonly v: Tensor } {
  const w = stopGradient(matrix);
  let left = stopGradient(u);
  let right = unit(matmul(transpose(w), left), eps);
  for (let k = 0; k < nPowerIterations; k++) {
    if (k > 0) right = unit(matmul(transpose(w), left), eps);
    left = unit(matmul(w, right), eps);
  }
  return { u: left, v: right };
}

/**
 * Spectral normalization of a weight as a pure function: `W / sigma` with `sigma = u^T W v`, after rounds of
 * power iteration from `u`. The vectors are constants, `sigma` is differentiated:
 * `dW = (g - <g, W / sigma> u v^T) / sigma`.
 *
 * @param w  rank >= 2; a kernel counts as the matrix `[out, rest]`
 * @throws ShapeError below rank 2 or for vectors of other sizes; RangeError for a bad count, `eps` or `dim`, or a
 *   weight that is 0
 * @see Miyato, Kataoka, Koyama & Yoshida, "Spectral Normalization for Generative Adversarial Networks" (2018)
 * @example
 * ```ts
 * const w = tensor([[4, 0], [0, 2]]);
 * nn.spectrallyNormalizedWeight(w, { u: tensor([1, 0]) }).weight.toArray(); // => [[1, 0], [0, 0.5]]
 * ```
 */
export function spectrallyNormalizedWeight(
  w: TensorLike,
  options: SpectralWeightOptions,
): SpectralWeight {
  const caller = 'spectrallyNormalizedWeight';
  requireOptions(caller, options, { ...known, u: true, v: true });
  const settings = settingsOf(caller, options, 0);
  const weight = asTensor(w, caller);
  const matrix = asMatrix(caller, weight, settings.dim);
  const start = asTensor(options.u, caller);
  const given = options.v === undefined ? null : stopGradient(asTensor(options.v, caller));
  for (const [name, vector, size] of [
    ['u', start, matrix.shape[0]!],
    ['v', given, matrix.shape[1]!],
  ] as const) {
    if (vector === null || (vector.rank === 1 && vector.size === size)) continue;
    throw new ShapeError(
      `${caller}: ${name} must be [${size}] for a weight ${showShape(weight.shape)}, got ${showShape(vector.shape)}.`,
    );
  }
  const normed = unit(stopGradient(start), settings.eps);
  const moved = iterate(matrix, normed, settings);
  const { u, v } = settings.nPowerIterations === 0 ? { u: normed, v: given ?? moved.v } : moved;
  const sigma = sum(mul(u, matmul(matrix, v)));
  return { weight: divided(caller, weight, sigma), sigma, u, v };
}

/** `W / sigma`; a weight of norm 0 has no multiple of norm 1. */
function divided(caller: string, weight: Tensor, sigma: Tensor): Tensor {
  check(
    notEqual(sigma, 0),
    () =>
      new RangeError(
        `${caller}: the norm of a weight of shape ${showShape(weight.shape)} is 0, and it cannot be divided by it.\n  Start from other weights.`,
      ),
  );
  return div(weight, sigma);
}

/** Whether vectors can be gone on from: those of a weight that is 0 or not finite cannot. */
const isSound = (u: Tensor, v: Tensor): Tensor =>
  logicalAnd(logicalAnd(finite(sum(u)), finite(sum(v))), greater(norm(u), 0));

/** Vectors that follow the weight from step to step. */
class SpectralNorm extends Parametrization {
  readonly settings: Required<SpectralIterationOptions>;
  /** `[out]` */
  readonly u: Cell;
  /** `[rest]` */
  readonly v: Cell;

  constructor(weight: Tensor, key: Tensor, settings: Required<SpectralIterationOptions>) {
    super();
    this.settings = settings;
    const matrix = asMatrix('spectralNormalization', weight, settings.dim);
    const start = random.normal(key, [matrix.shape[0]!], { dtype: matrix.dtype });
    const first = unit(start, settings.eps);
    const { u, v } = iterate(matrix, first, { ...settings, nPowerIterations: warmUp });
    const sound = isSound(u, v);
    this.u = new Cell(where(sound, u, first));
    this.v = new Cell(where(sound, v, 1 / Math.sqrt(Math.max(1, v.size))));
  }

  override get stateNames(): Readonly<Record<string, string>> {
    return { u: '_u', v: '_v' };
  }

  override get caller(): string {
    return 'spectralNormalization';
  }

  forward(weight: Tensor): Tensor {
    const [u, v] = [this.u.read(), this.v.read()];
    const matrix = asMatrix('spectralNormalization', weight, this.settings.dim);
    return divided('spectralNormalization', weight, sum(mul(u, matmul(matrix, v))));
  }

  override advance(weight: Tensor): void {
    const matrix = asMatrix('spectralNormalization', weight, this.settings.dim);
    const before = this.u.read();
    const { u, v } = iterate(matrix, before, this.settings);
    const sound = isSound(u, v);
    this.u.write(where(sound, u, before));
    this.v.write(where(sound, v, this.v.read()));
  }
}

/**
 * Spectral normalization of the layers of a model: every layer sees its weight divided by an estimate of its
 * spectral norm, so that it stretches no difference of inputs by more than 1. What is trained is
 * `parametrizations.weight.original`. The vectors of the power iteration, `parametrizations.weight.0._u` and
 * `_v`, move by one round in every forward pass of training (as `updateState` of its context says) and stay in
 * evaluation; they are constants for the gradient, the norm is not.
 *
 * @param model  or a single layer; changed in place, and undone by `removeParametrizations`. Pass what is
 *   called with the context: a layer within a network does not see whether the network is training
 * @returns the model
 * @throws TypeError if no layer is selected; RangeError for a bad count, `eps` or `dim`
 * @see Miyato, Kataoka, Koyama & Yoshida, "Spectral Normalization for Generative Adversarial Networks" (2018)
 * @example
 * ```ts
 * const model = nn.spectralNormalization(new nn.Linear(3, 2, { seed: 0 }), { seed: 1 });
 * Math.abs(linalg.spectralNorm(model.weight).item() - 1) < 1e-3; // => true
 * Object.keys(model.namedCells()).length; // => 4
 * ```
 */
export function spectralNormalization<Model extends Module>(
  model: Model,
  options: SpectralNormalizationOptions = {},
): Model {
  const caller = 'spectralNormalization';
  requireOptions(caller, options, { ...known, filter: 'function', key: true, seed: true });
  const settings = settingsOf(caller, options, 1);
  const { seed = 0 } = options;
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`${caller}: seed must be an integer in [0, 2^53), got ${String(seed)}.`);
  }
  const key = initialKey(caller, options.key === undefined ? { seed } : { key: options.key });
  const targets = layersWithWeight(caller, model, options);
  const shared = contextFor(model);
  for (const target of targets) {
    parametrize(
      caller,
      target,
      shared,
      (weight) => new SpectralNorm(weight, random.foldIn(key, target.name), settings),
    );
  }
  return model;
}
