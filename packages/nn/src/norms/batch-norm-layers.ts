import {
  add,
  astype,
  Cell,
  type DType,
  div,
  ones,
  onesLike,
  type Parameter,
  parameter,
  ShapeError,
  type Tensor,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from '../context.ts';
import { requireSize } from '../keys.ts';
import { Module } from '../module.ts';
import { type Strength, unitStrength } from '../strength.ts';
import { batchNorm } from './batch-norm.ts';
import { given, requireEps } from './standardize.ts';

/** Options of `BatchNorm1d` and `BatchNorm2d`. */
export interface BatchNormSettings {
  /** @defaultValue 1e-5 */
  readonly eps?: number;
  /**
   * Share of the batch in the running statistics, in [0, 1]; `null` averages over all batches.
   * @defaultValue 0.1
   */
  readonly momentum?: Strength | null;
  /** Whether there are weight and bias. @defaultValue true */
  readonly affine?: boolean;
  /** Without running statistics, evaluation too uses those of the batch. @defaultValue true */
  readonly trackRunningStats?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

const known: OptionNames<BatchNormSettings> = {
  eps: true,
  momentum: true,
  affine: 'boolean',
  trackRunningStats: 'boolean',
  dtype: true,
};

/** What a layer is called, how many axes `x` may have, and what they are. */
interface Layout {
  readonly name: string;
  readonly ranks: readonly number[];
  readonly axes: string;
}

/** What the layers of batch normalisation have in common; see `BatchNorm1d` and `BatchNorm2d`. */
export abstract class BatchNorm extends Module {
  /** `[numFeatures]`, starts as 1. */
  readonly weight: Parameter | null;
  /** `[numFeatures]`, starts as 0. */
  readonly bias: Parameter | null;
  /** `[numFeatures]`, starts as 0; `running_mean` in states. */
  readonly runningMean: Cell | null;
  /** `[numFeatures]`, starts as 1; `running_var` in states. */
  readonly runningVar: Cell | null;
  /** How often the statistics have moved, int32; `num_batches_tracked` in states. */
  readonly numBatchesTracked: Cell | null;
  /** If it is a cell, it is part of the module's state. */
  readonly momentum: Strength | null;
  readonly numFeatures: number;
  readonly eps: number;

  readonly #layout: Layout;
  /** Whether the statistics are the means over all batches, whatever the momentum. */
  #averages = false;

  protected constructor(layout: Layout, numFeatures: number, options: BatchNormSettings) {
    super();
    const { name } = layout;
    this.#layout = layout;
    requireSize(name, 'numFeatures', numFeatures);
    requireOptions(name, options, known);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    const { dtype = 'float32' } = options;
    requireEps(name, eps);
    if (momentum !== null) unitStrength(name, 'momentum', momentum, { closed: true });
    const [zero, one] = [zeros([numFeatures], { dtype }), ones([numFeatures], { dtype })];
    const count = zeros([], { dtype: 'int32' });
    this.weight = affine ? parameter(one, { name: 'weight' }) : null;
    this.bias = affine ? parameter(zero, { name: 'bias' }) : null;
    this.runningMean = trackRunningStats ? new Cell(zero, { name: 'running_mean' }) : null;
    this.runningVar = trackRunningStats ? new Cell(one, { name: 'running_var' }) : null;
    this.numBatchesTracked = trackRunningStats
      ? new Cell(count, { name: 'num_batches_tracked' })
      : null;
    this.momentum = momentum;
    this.numFeatures = numFeatures;
    this.eps = eps;
  }

  override get stateNames(): Readonly<Record<string, string>> {
    return {
      runningMean: 'running_mean',
      runningVar: 'running_var',
      numBatchesTracked: 'num_batches_tracked',
    };
  }

  override describe(): string {
    return `${this.#layout.name}(${this.numFeatures})`;
  }

  /**
   * Forgets the running statistics; those after the call are the means over all batches that the layer sees
   * in training mode during it, whatever its momentum. If `body` throws, they are as before.
   */
  recompute<T>(body: () => T): T {
    const { runningMean, runningVar, numBatchesTracked } = this;
    const cells = [runningMean, runningVar, numBatchesTracked].filter((cell) => cell !== null);
    const before = cells.map((cell) => cell.read());
    const averages = this.#averages;
    this.#averages = true;
    try {
      for (const cell of cells) cell.write(zerosLike(cell.read()));
      runningVar?.write(onesLike(runningVar.read()));
      return body();
    } catch (error) {
      for (const [i, cell] of cells.entries()) cell.write(before[i]!);
      throw error;
    } finally {
      this.#averages = averages;
    }
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { weight, bias, runningMean, runningVar, numBatchesTracked, eps, numFeatures } = this;
    const { ranks, axes } = this.#layout;
    if (!ranks.includes(x.rank) || x.shape[1] !== numFeatures) {
      throw new ShapeError(
        `${this.describe()}: x must be ${axes.replaceAll('c', String(numFeatures))}, got ${showShape(x.shape)}.`,
      );
    }
    const affine = given({ weight, bias });
    if (runningMean === null || runningVar === null || numBatchesTracked === null) {
      return batchNorm(x, { ...affine, eps, training: true });
    }
    const { training = false, updateState = training } = context;
    const moving = training && updateState;
    const count = add(numBatchesTracked.read(), 1);
    const momentum = (this.#averages ? null : this.momentum) ?? div(1, astype(count, 'float64'));
    const statistics = { runningMean, runningVar, training, updateState: moving, momentum };
    const y = batchNorm(x, { ...affine, eps, ...statistics });
    if (moving) numBatchesTracked.write(count);
    return y;
  }
}

/**
 * Batch normalisation of `[n, c]` or `[n, c, l]`; see `batchNorm`. In training the running statistics
 * move, unless the context says `updateState: false`; they are in the state, not among the parameters.
 *
 * @throws RangeError for a size that is not an integer >= 1, a negative `eps` or a momentum outside
 * [0, 1], and from `forward` in training with one value per channel; ShapeError from `forward` for other shapes
 * @example
 * ```ts
 * const layer = new nn.BatchNorm1d(1);
 * layer.forward(tensor([[1], [3]]), { training: true });
 * layer.stateDict().running_mean.toArray(); // => [0.2]
 * layer.stateDict().running_var.toArray(); // => [1.1]
 * layer.parameters().length; // => 2
 * ```
 */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormSettings = {}) {
    const axes = '[n, c] or [n, c, l]';
    super({ name: 'BatchNorm1d', ranks: [2, 3], axes }, numFeatures, options);
  }
}

/**
 * Batch normalisation of images `[n, c, h, w]`; otherwise as `BatchNorm1d`.
 *
 * @example
 * ```ts
 * const layer = new nn.BatchNorm2d(3);
 * layer.forward(ones([2, 3, 4, 4]), { training: true }).shape; // => [2, 3, 4, 4]
 * Object.keys(layer.stateDict()).length; // => 5
 * ```
 */
export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormSettings = {}) {
    super({ name: 'BatchNorm2d', ranks: [4], axes: '[n, c, h, w]' }, numFeatures, options);
  }
}
