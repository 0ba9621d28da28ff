import type { Tensor } from '@tikhonov/core';
import { childContext, type ForwardContext, Module } from './module.ts';

/** A module, or a function of a tensor such as an activation. */
export type Layer = Module | ((x: Tensor) => Tensor);

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;

const hintFor = (value: unknown): string =>
  Array.isArray(value) ? '\n  Spread it: new Sequential(...layers).' : '';

/**
 * Layers one after the other. Their names are `0`, `1`, ...; each gets its own key, so two dropout
 * layers draw different masks, and appending a layer does not change the draws of those before it.
 *
 * @example
 * ```ts
 * const net = new nn.Sequential(new nn.Linear(3, 4, { seed: 0 }), relu, new nn.Linear(4, 1, { seed: 1 }));
 * Object.keys(net.namedParameters()); // => ['0.weight', '0.bias', '2.weight', '2.bias']
 * ```
 */
export class Sequential extends Module {
  readonly [index: number]: Layer;
  // The layers themselves are numbered properties, which is what gives them their names.
  readonly #layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    for (const [i, layer] of layers.entries()) {
      if (!(layer instanceof Module) && typeof layer !== 'function') {
        throw new TypeError(
          `Sequential: layer ${i} is ${kindOf(layer)}, not a Module or a function of a tensor.${hintFor(layer)}`,
        );
      }
    }
    this.#layers = layers;
    Object.assign(this, layers);
  }

  /** Number of layers. */
  get length(): number {
    return this.#layers.length;
  }

  override forward(x: Tensor, context: ForwardContext = {}): Tensor {
    let y = x;
    for (const [i, layer] of this.#layers.entries()) {
      y = layer instanceof Module ? layer.forward(y, childContext(context, String(i))) : layer(y);
    }
    return y;
  }
}
