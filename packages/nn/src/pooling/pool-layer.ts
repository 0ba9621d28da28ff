import { type Padding, type PerAxis, type Tensor, zeros } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from '../context.ts';
import { integers, requirePadding } from '../convolution/settings.ts';
import { Module } from '../module.ts';

/** What all pools take. */
interface AnyPoolOptions {
  readonly kernelSize: PerAxis;
  readonly stride?: PerAxis;
  readonly padding?: Padding;
  readonly dilation?: PerAxis;
}

/** A pool of core, its spatial axes, and the options of its layer. */
export interface PoolPlan<Options extends AnyPoolOptions> {
  /** The class, for messages. */
  readonly name: string;
  readonly axes: number;
  readonly pool: (x: Tensor, options: Options) => Tensor;
  readonly known: OptionNames<Omit<Options, 'kernelSize'>>;
}

/** What pooling layers share: a function and the options it is always called with. */
export abstract class PoolLayer<Options extends AnyPoolOptions> extends Module {
  readonly options: Options;
  readonly #plan: PoolPlan<Options>;

  protected constructor(
    plan: PoolPlan<Options>,
    kernelSize: PerAxis,
    given: Omit<Options, 'kernelSize'>,
    options: Options,
  ) {
    super();
    const { name, axes, pool } = plan;
    const sizes = integers(name, 'kernelSize', kernelSize, axes);
    requireOptions(name, given, plan.known);
    integers(name, 'stride', options.stride ?? kernelSize, axes);
    const dilation = integers(name, 'dilation', options.dilation ?? 1, axes);
    requirePadding(name, options.padding);
    // One window: what is left to check fails here, not at the first batch.
    pool(zeros([1, ...sizes.map((size, k) => (size - 1) * dilation[k]! + 1)]), options);
    this.options = options;
    this.#plan = plan;
  }

  override describe(): string {
    return `${this.#plan.name}(${String(this.options.kernelSize)})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return this.#plan.pool(x, this.options);
  }
}
