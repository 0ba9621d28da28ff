import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  type OutputSize,
  type Tensor,
} from '@tikhonov/core';
import { showValue } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from '../context.ts';
import { Module } from '../module.ts';

/** What adaptive pooling layers share. */
export abstract class AdaptivePoolLayer extends Module {
  readonly outputSize: OutputSize;
  readonly #name: string;
  readonly #pool: (x: Tensor, outputSize: OutputSize) => Tensor;

  protected constructor(
    name: string,
    axes: number,
    pool: (x: Tensor, outputSize: OutputSize) => Tensor,
    outputSize: OutputSize,
  ) {
    super();
    const sizes: readonly unknown[] = Array.isArray(outputSize) ? outputSize : [outputSize];
    const valid = sizes.every((n) => n === null || (Number.isInteger(n) && (n as number) >= 1));
    if (!valid || (Array.isArray(outputSize) && sizes.length !== axes)) {
      throw new RangeError(
        `${name}: outputSize must be integers >= 1 or null, one or ${axes} of them, got ${showValue(outputSize)}.`,
      );
    }
    this.outputSize = outputSize;
    this.#name = name;
    this.#pool = pool;
  }

  override describe(): string {
    return `${this.#name}(${String(this.outputSize)})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return this.#pool(x, this.outputSize);
  }
}

/**
 * Means over `outputSize` bins of the last axis, whatever its length. `[N, C, L] -> [N, C, outputSize]`.
 *
 * @throws RangeError unless the size is an integer >= 1 or null, which keeps the input's
 * @example
 * ```ts
 * new nn.AdaptiveAvgPool1d(2).forward(tensor([[1, 2, 3]])).toArray(); // => [[1.5, 2.5]]
 * ```
 */
export class AdaptiveAvgPool1d extends AdaptivePoolLayer {
  constructor(outputSize: OutputSize) {
    super('AdaptiveAvgPool1d', 1, adaptiveAvgPool1d, outputSize);
  }
}

/**
 * Means over a grid of bins of the last two axes, whatever their sizes; 1 averages whole planes.
 * `[N, C, H, W] -> [N, C, ...outputSize]`.
 *
 * @throws RangeError unless the sizes are integers >= 1 or null, which keeps the input's
 * @example
 * ```ts
 * new nn.AdaptiveAvgPool2d(1).forward(ones([4, 3, 7, 5])).shape; // => [4, 3, 1, 1]
 * ```
 */
export class AdaptiveAvgPool2d extends AdaptivePoolLayer {
  constructor(outputSize: OutputSize) {
    super('AdaptiveAvgPool2d', 2, adaptiveAvgPool2d, outputSize);
  }
}

/**
 * Maxima over `outputSize` bins of the last axis. `[N, C, L] -> [N, C, outputSize]`.
 *
 * @throws RangeError unless the size is an integer >= 1 or null, which keeps the input's
 * @example
 * ```ts
 * new nn.AdaptiveMaxPool1d(2).forward(tensor([[1, 2, 3]])).toArray(); // => [[2, 3]]
 * ```
 */
export class AdaptiveMaxPool1d extends AdaptivePoolLayer {
  constructor(outputSize: OutputSize) {
    super('AdaptiveMaxPool1d', 1, adaptiveMaxPool1d, outputSize);
  }
}

/**
 * Maxima over a grid of bins of the last two axes. `[N, C, H, W] -> [N, C, ...outputSize]`.
 *
 * @throws RangeError unless the sizes are integers >= 1 or null, which keeps the input's
 * @example
 * ```ts
 * new nn.AdaptiveMaxPool2d([2, null]).forward(ones([4, 3, 7, 5])).shape; // => [4, 3, 2, 5]
 * ```
 */
export class AdaptiveMaxPool2d extends AdaptivePoolLayer {
  constructor(outputSize: OutputSize) {
    super('AdaptiveMaxPool2d', 2, adaptiveMaxPool2d, outputSize);
  }
}
