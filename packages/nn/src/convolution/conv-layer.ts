import type { Parameter, PerAxis, Tensor, TensorLike } from '@tikhonov/core';
import type { OptionNames } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from '../context.ts';
import { Module } from '../module.ts';
import { type ConvLayerSettings, type ConvPlan, convCells, requireChannels } from './settings.ts';

/** A convolution of core, with the options that it is always called with. */
export interface Convolution<Options> {
  readonly run: (x: TensorLike, weight: TensorLike, options: Options) => Tensor;
  /** Called when the settings have been checked. */
  readonly options: () => Options;
}

/** What convolution layers of all kinds share: parameters, checks, and one call of core. */
export abstract class ConvLayer<
  Options extends { readonly bias?: TensorLike; readonly stride?: PerAxis },
> extends Module {
  /** `[out, in / groups, ...kernelSize]`; `[in, out / groups, ...kernelSize]` if transposed. */
  readonly weight: Parameter;
  /** `[out]` */
  readonly bias: Parameter | null;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  /** Stride, padding and the rest, as core's function takes them. */
  readonly options: Options;
  readonly #title: string;
  readonly #run: Convolution<Options>['run'];

  protected constructor(
    plan: ConvPlan,
    settings: ConvLayerSettings,
    names: OptionNames<ConvLayerSettings>,
    convolution: Convolution<Options>,
  ) {
    super();
    const { kernelSize, weight, bias } = convCells(plan, settings, names);
    this.weight = weight;
    this.bias = bias;
    this.inChannels = plan.inChannels;
    this.outChannels = plan.outChannels;
    this.kernelSize = kernelSize;
    this.options = convolution.options();
    this.#title = `${plan.name}(${plan.inChannels} -> ${plan.outChannels})`;
    this.#run = convolution.run;
  }

  override describe(): string {
    return this.#title;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    requireChannels(this.#title, x, this.inChannels, this.kernelSize.length);
    const { options, bias } = this;
    return this.#run(x, this.weight, bias === null ? options : { ...options, bias });
  }
}
