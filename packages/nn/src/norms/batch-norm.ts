import {
  add,
  astype,
  Cell,
  mul,
  reshape,
  stopGradient,
  sub,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { type Strength, unitStrength } from '../strength.ts';
import {
  fitted,
  inverseDeviation,
  moments,
  perChannel,
  requireChannels,
  requireNorm,
  scaled,
} from './standardize.ts';

/** Options of `batchNorm`. */
export interface BatchNormOptions {
  /** `[c]`. @defaultValue 1 */
  readonly weight?: TensorLike;
  /** `[c]`. @defaultValue 0 */
  readonly bias?: TensorLike;
  /** `[c]`; needed in evaluation. A cell moves when `updateState` says so. */
  readonly runningMean?: TensorLike;
  /** `[c]`; needed in evaluation. A cell moves when `updateState` says so. */
  readonly runningVar?: TensorLike;
  /** Whether to normalise by the batch's statistics. @defaultValue false */
  readonly training?: boolean;
  /** Whether cells of running statistics move towards the batch's. @defaultValue as `training` */
  readonly updateState?: boolean;
  /** Share of the batch in the running statistics, in [0, 1]. @defaultValue 0.1, as PyTorch */
  readonly momentum?: Strength;
  /** Added to the variance, >= 0. @defaultValue 1e-5, as PyTorch */
  readonly eps?: number;
}

const known: OptionNames<BatchNormOptions> = {
  weight: true,
  bias: true,
  runningMean: true,
  runningVar: true,
  training: 'boolean',
  updateState: 'boolean',
  momentum: true,
  eps: true,
};

/**
 * Batch normalisation per channel: `(x - mean) / sqrt(variance + eps) * weight + bias`. In training mean
 * and biased variance are the batch's, and gradients flow through both; in evaluation they are the
 * running ones, and the map is affine.
 *
 * Running statistics that are cells become `(1 - momentum) running + momentum batch` (in training, unless
 * `updateState` is false), with the unbiased variance, as in PyTorch; tensors stay.
 *
 * @param x  `[n, c, ...]`, floating
 * @returns shape and dtype of `x`
 * @throws ShapeError if shapes do not fit; RangeError in training with one value per channel, for a negative
 * `eps` or a momentum outside [0, 1]; TypeError in evaluation without running statistics, or when only one
 * of them is given; DTypeError for integers
 * @see Ioffe & Szegedy, "Batch normalization: accelerating deep network training by reducing internal
 * covariate shift", ICML 2015, arXiv 1502.03167
 * @example
 * ```ts
 * const x = tensor([[1], [3]]);
 * nn.batchNorm(x, { training: true, eps: 0 }).toArray(); // => [[-1], [1]]
 * const [runningMean, runningVar] = [tensor([1]), tensor([4])];
 * nn.batchNorm(x, { runningMean, runningVar, eps: 0 }).toArray(); // => [[0], [1]]
 * ```
 */
export function batchNorm(x: TensorLike, options: BatchNormOptions = {}): Tensor {
  const name = 'batchNorm';
  requireOptions(name, options, known);
  const { training = false, eps = 1e-5, runningMean, runningVar } = options;
  const source = requireNorm(name, x, eps);
  requireChannels(name, source);
  const channels = [source.shape[1]!];
  const layout = perChannel(source.shape);
  const fit = (what: string, value: TensorLike | undefined): Tensor | null =>
    fitted(name, what, value, channels, layout);
  const [weight, bias] = [fit('weight', options.weight), fit('bias', options.bias)];
  const [oldMean, oldVar] = [fit('runningMean', runningMean), fit('runningVar', runningVar)];
  if ((oldMean === null) !== (oldVar === null)) {
    throw new TypeError(
      `${name}: got ${oldMean === null ? 'runningVar' : 'runningMean'} alone.\n  Pass both running statistics, or neither.`,
    );
  }
  if (!training) {
    if (oldMean === null || oldVar === null) {
      throw new TypeError(
        `${name}: evaluation needs runningMean and runningVar, got neither.\n  Pass them, or { training: true } for the batch's own statistics.`,
      );
    }
    return scaled(sub(source, oldMean), inverseDeviation(oldVar, eps), weight, bias);
  }
  const count = source.size / Math.max(1, channels[0]!);
  if (count < 2) {
    throw new RangeError(
      `${name}: training needs more than one value per channel, got x ${showShape(source.shape)}.\n` +
        '  Use a larger batch (drop a last batch of one), or evaluate with running statistics.',
    );
  }
  const axes = source.shape.map((_, k) => k).filter((k) => k !== 1);
  const batch = moments(source, axes);
  if (options.updateState ?? true) {
    const momentum = unitStrength(name, 'momentum', options.momentum ?? 0.1, { closed: true });
    move(runningMean, batch.mean, momentum);
    move(runningVar, mul(stopGradient(batch.variance), count / (count - 1)), momentum);
  }
  return scaled(batch.centred, inverseDeviation(batch.variance, eps), weight, bias);
}

/** `running = (1 - momentum) running + momentum batch`. */
function move(running: TensorLike | undefined, batch: Tensor, momentum: number | Tensor): void {
  if (!(running instanceof Cell)) return;
  const old = asTensor(running);
  const now = astype(reshape(stopGradient(batch), old.shape), old.dtype);
  const [kept, taken] =
    typeof momentum === 'number'
      ? [1 - momentum, momentum]
      : [astype(sub(1, momentum), old.dtype), astype(momentum, old.dtype)];
  running.write(add(mul(stopGradient(old), kept), mul(now, taken)));
}
