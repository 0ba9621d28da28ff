import type { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import { resolveBasicActivation } from '../basic-activations.ts';
import { Conv2d } from '../convolution/conv.ts';
import { Flatten } from '../flatten.ts';
import { initialKey, requireSize } from '../keys.ts';
import { Linear } from '../linear.ts';
import { BatchNorm2d } from '../norms/batch-norm-layers.ts';
import { MaxPool2d } from '../pooling/pools.ts';
import { type LayerLike, Sequential } from '../sequential.ts';
import { ImageRows } from './image-rows.ts';
import { type ImageNetworkOptions, PartMaker, requireImage, requireSizes } from './place.ts';

/** Options of `smallCnn`. */
export interface SmallCnnOptions extends ImageNetworkOptions {
  /** Channels of the convolutions; behind each, maps are halved. @defaultValue [16, 32] */
  readonly channels?: readonly number[];
  /** Units of the hidden linear layers. @defaultValue [64] */
  readonly hidden?: readonly number[];
  /** Side of the kernels, odd. @defaultValue 3 */
  readonly kernelSize?: number;
  /** Whether a batch norm follows each convolution. @defaultValue 'none' */
  readonly norm?: 'batch' | 'none';
}

const known: OptionNames<SmallCnnOptions> = {
  seed: true,
  key: true,
  inputShape: true,
  classes: true,
  channels: true,
  hidden: true,
  kernelSize: true,
  norm: true,
  activation: true,
  dtype: true,
  init: true,
  bias: 'boolean',
  change: true,
};

/**
 * A small convolutional network: for each number of channels a convolution that keeps the size, the
 * activation and max pooling by 2 (as long as maps are 2 x 2 or larger), then linear layers. With its
 * defaults it is LeNet in modern parts; 106,000 parameters for MNIST.
 * `[n, c, h, w]` or `[n, c * h * w] -> [n, classes]`.
 *
 * Initial weights depend on the seed and the place only, not on what `change` makes of other parts.
 *
 * @throws RangeError for sizes that are no integers >= 1 and even kernels; TypeError without `seed` or `key`,
 * for unknown options, and if `change` returns no layer
 * @see LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition",
 * Proc. IEEE 86 (1998)
 * @example
 * ```ts
 * const model = nn.smallCnn({
 *   inputShape: [1, 8, 8],
 *   classes: 10,
 *   seed: 0,
 *   change: (part, { kind, spatial }) =>
 *     kind === 'activation' && spatial.length === 0 ? new nn.Sequential(part, new nn.Dropout()) : part,
 * });
 * model.forward(ones([5, 64])).shape; // => [5, 10]
 * ```
 */
export function smallCnn(options: SmallCnnOptions): Sequential {
  requireOptions('smallCnn', options, known);
  const { inputShape, classes, channels = [16, 32], hidden = [64], kernelSize = 3 } = options;
  const { norm = 'none', dtype = 'float32', init, bias = true } = options;
  requireImage('smallCnn', inputShape);
  requireSize('smallCnn', 'classes', classes);
  requireSizes('smallCnn', 'channels', channels);
  requireSizes('smallCnn', 'hidden', hidden);
  requireOdd(kernelSize);
  if (norm !== 'none' && norm !== 'batch') {
    throw new TypeError(`smallCnn: norm must be 'batch' or 'none', got "${String(norm)}".`);
  }
  const key = initialKey('smallCnn', options);
  const activation = resolveBasicActivation('smallCnn', options.activation ?? 'relu');
  const shared = { dtype, ...(init === undefined ? {} : { weightInit: init }) };
  const keyOf = (name: string): Tensor => random.foldIn(key, name);
  let [inputs, height, width] = inputShape;
  const pools = halvings(height, width, channels.length);
  const maker = new PartMaker('smallCnn', key, options.change, {
    convolution: channels.length,
    pooling: pools,
    activation: channels.length + hidden.length,
    linear: hidden.length + 1,
  });
  const layers: LayerLike[] = [new ImageRows(inputShape)];
  for (const [i, out] of channels.entries()) {
    const convolution = new Conv2d(inputs, out, kernelSize, {
      key: keyOf(`convolutions.${i}`),
      padding: 'same',
      bias: bias && norm === 'none',
      ...shared,
    });
    const place = { channels: out, spatial: [height, width] };
    layers.push(maker.part('convolution', convolution, place));
    if (norm === 'batch') layers.push(new BatchNorm2d(out, { dtype }));
    layers.push(maker.part('activation', activation, place));
    if (i < pools) {
      [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
      const pooled = { channels: out, spatial: [height, width] };
      layers.push(maker.part('pooling', new MaxPool2d(2), pooled));
    }
    inputs = out;
  }
  layers.push(new Flatten());
  const sizes = [inputs * height * width, ...hidden, classes];
  for (const [i, out] of sizes.slice(1).entries()) {
    const linear = new Linear(sizes[i]!, out, { key: keyOf(`linears.${i}`), bias, ...shared });
    const place = { channels: out, spatial: [] };
    const output = i === hidden.length;
    layers.push(maker.part('linear', linear, { ...place, output }));
    if (!output) layers.push(maker.part('activation', activation, place));
  }
  return new Sequential(...layers);
}

/** How many of so many times both sides can be halved. */
const halvings = (height: number, width: number, times: number): number =>
  Math.min(times, Math.floor(Math.log2(Math.min(height, width))));

function requireOdd(kernelSize: unknown): void {
  if (Number.isInteger(kernelSize) && (kernelSize as number) > 0 && (kernelSize as number) % 2) {
    return;
  }
  throw new RangeError(
    `smallCnn: kernelSize must be an odd integer >= 1, got ${String(kernelSize)}.`,
  );
}
