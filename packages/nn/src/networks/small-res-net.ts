import type { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import { type ActivationFunction, resolveBasicActivation } from '../basic-activations.ts';
import { Conv2d, type ConvLayerOptions } from '../convolution/conv.ts';
import { Flatten } from '../flatten.ts';
import { initialKey, requireSize } from '../keys.ts';
import { Linear } from '../linear.ts';
import { BatchNorm2d } from '../norms/batch-norm-layers.ts';
import { GroupNorm } from '../norms/group-norm.ts';
import { AdaptiveAvgPool2d } from '../pooling/adaptive-pools.ts';
import { Residual } from '../residual.ts';
import { type LayerLike, Sequential } from '../sequential.ts';
import { ImageRows } from './image-rows.ts';
import { type ImageNetworkOptions, PartMaker, requireImage, requireSizes } from './place.ts';

/** Options of `smallResNet`. */
export interface SmallResNetOptions extends ImageNetworkOptions {
  /** Channels of the stages; each but the first begins by halving the maps. @defaultValue [16, 32] */
  readonly channels?: readonly number[];
  /** Residual blocks of each stage. @defaultValue 2 */
  readonly blocks?: number;
  /**
   * What follows each convolution: batch norm, group norm with one group (which does not look at the rest of
   * the batch), or nothing. @defaultValue 'batch'
   */
  readonly norm?: 'batch' | 'group' | 'none';
}

const known: OptionNames<SmallResNetOptions> = {
  seed: true,
  key: true,
  inputShape: true,
  classes: true,
  channels: true,
  blocks: true,
  norm: true,
  activation: true,
  dtype: true,
  init: true,
  bias: 'boolean',
  change: true,
};

/**
 * A small residual network in the form for small images: a convolution, stages of blocks
 * `act(x + conv(act(conv(x))))` with a norm behind each convolution, the mean over each map, a linear layer. Where a
 * block changes the shape, a convolution of kernel 1 stands in for the identity. With its defaults four
 * blocks, 10 weight layers and 43,000 parameters for MNIST.
 * `[n, c, h, w]` or `[n, c * h * w] -> [n, classes]`.
 *
 * Initial weights depend on the seed and the place only, not on what `change` makes of other parts.
 *
 * @throws RangeError for sizes that are no integers >= 1; TypeError without `seed` or `key`, for unknown
 * options, and if `change` returns no layer
 * @see He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016, arXiv 1512.03385
 * @example
 * ```ts
 * const model = nn.smallResNet({ inputShape: [1, 8, 8], classes: 10, channels: [4, 8], blocks: 1, seed: 0 });
 * model.forward(ones([5, 1, 8, 8])).shape; // => [5, 10]
 * ```
 */
export function smallResNet(options: SmallResNetOptions): Sequential {
  requireOptions('smallResNet', options, known);
  const { inputShape, classes, channels = [16, 32], blocks = 2, bias = true } = options;
  requireImage('smallResNet', inputShape);
  requireSize('smallResNet', 'classes', classes);
  requireSizes('smallResNet', 'channels', channels);
  if (channels.length === 0) {
    throw new RangeError('smallResNet: channels must have a stage at least, got [].');
  }
  requireSize('smallResNet', 'blocks', blocks);
  const key = initialKey('smallResNet', options);
  const build = new ResNetBuilder(options, key, channels.length * blocks);
  const first = channels[0]!;
  let [inputs, height, width] = inputShape;
  const layers: LayerLike[] = [
    new ImageRows(inputShape),
    ...build.convolution('stem', { inputs, channels: first, spatial: [height, width] }),
    build.activation({ channels: first, spatial: [height, width] }),
  ];
  inputs = first;
  for (const [stage, out] of channels.entries()) {
    for (let i = 0; i < blocks; i++) {
      const stride = stage > 0 && i === 0 && Math.max(height, width) > 1 ? 2 : 1;
      [height, width] = [Math.ceil(height / stride), Math.ceil(width / stride)];
      const shape: BlockShape = { inputs, channels: out, spatial: [height, width], stride };
      layers.push(build.block(`stages.${stage}.${i}`, shape));
      layers.push(build.activation({ channels: out, spatial: [height, width] }));
      inputs = out;
    }
  }
  layers.push(new AdaptiveAvgPool2d(1), new Flatten(), build.linear(inputs, classes, bias));
  return new Sequential(...layers);
}

interface ConvolutionShape {
  readonly inputs: number;
  readonly channels: number;
  /** Of what comes out. */
  readonly spatial: readonly [number, number];
  readonly stride?: 1 | 2;
  readonly inBlock?: boolean;
}

type BlockShape = ConvolutionShape & { readonly stride: 1 | 2 };

/** Makes the parts of a residual network, each with a key of its own. */
class ResNetBuilder {
  readonly #options: SmallResNetOptions;
  readonly #key: Tensor;
  readonly #maker: PartMaker;
  readonly #activation: ActivationFunction;

  constructor(options: SmallResNetOptions, key: Tensor, blocks: number) {
    const { norm = 'batch' } = options;
    if (norm !== 'batch' && norm !== 'group' && norm !== 'none') {
      throw new TypeError(
        `smallResNet: norm must be 'batch', 'group' or 'none', got "${String(norm)}".`,
      );
    }
    this.#options = options;
    this.#key = key;
    this.#activation = resolveBasicActivation('smallResNet', options.activation ?? 'relu');
    this.#maker = new PartMaker('smallResNet', key, options.change, {
      convolution: 1 + 2 * blocks,
      activation: 1 + 2 * blocks,
      block: blocks,
      linear: 1,
    });
  }

  activation(place: {
    readonly channels: number;
    readonly spatial: readonly number[];
    readonly inBlock?: boolean;
  }): LayerLike {
    return this.#maker.part('activation', this.#activation, place);
  }

  linear(inputs: number, classes: number, bias: boolean): LayerLike {
    const linear = new Linear(inputs, classes, { ...this.#shared('linear'), bias });
    return this.#maker.part('linear', linear, { channels: classes, spatial: [], output: true });
  }

  /** A convolution of kernel 3 and its norm. */
  convolution(name: string, shape: ConvolutionShape): LayerLike[] {
    const { inputs, channels, spatial, stride = 1, inBlock = false } = shape;
    const layer = new Conv2d(inputs, channels, 3, {
      ...this.#convOptions(name),
      stride,
      padding: 1,
    });
    return [
      this.#maker.part('convolution', layer, { channels, spatial, inBlock }),
      ...this.#norm(channels),
    ];
  }

  /** A residual block, without the activation behind it. */
  block(name: string, shape: BlockShape): LayerLike {
    const { inputs, channels, spatial, stride } = shape;
    const keeps = inputs === channels && stride === 1;
    const projection = keeps
      ? null
      : new Sequential(
          new Conv2d(inputs, channels, 1, { ...this.#convOptions(`${name}.projection`), stride }),
          ...this.#norm(channels),
        );
    const inner = { channels, spatial, inBlock: true };
    const body = new Sequential(
      ...this.convolution(`${name}.0`, { ...shape, inBlock: true }),
      this.activation(inner),
      ...this.convolution(`${name}.1`, { ...inner, inputs: channels }),
    );
    const residual = new Residual(body, projection === null ? {} : { projection });
    const branch = (key: Tensor): LayerLike => {
      // Its parts are not counted again: they are no places of their own.
      const { change: _change, ...options } = this.#options;
      const twin = new ResNetBuilder(options, key, 0);
      return new Sequential(
        ...twin.convolution(`${name}.0`, shape),
        twin.activation({ channels, spatial }),
        ...twin.convolution(`${name}.1`, { channels, spatial, inputs: channels }),
      );
    };
    return this.#maker.part('block', residual, { channels, spatial, branch });
  }

  #norm(channels: number): LayerLike[] {
    const { norm = 'batch', dtype = 'float32' } = this.#options;
    if (norm === 'none') return [];
    return [
      norm === 'batch'
        ? new BatchNorm2d(channels, { dtype })
        : new GroupNorm(1, channels, { dtype }),
    ];
  }

  #convOptions(name: string): ConvLayerOptions {
    const { norm = 'batch', bias = true } = this.#options;
    return { ...this.#shared(name), bias: bias && norm === 'none' };
  }

  #shared(name: string) {
    const { dtype = 'float32', init } = this.#options;
    const key = random.foldIn(this.#key, name);
    return { key, dtype, ...(init === undefined ? {} : { weightInit: init }) };
  }
}
