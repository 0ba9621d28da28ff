import type { Tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import { childContext, type ForwardContext } from './context.ts';
import { type Layer, Module } from './module.ts';

/** A module that is a layer, or a function of a tensor such as an activation. */
export type LayerLike = (Module & Layer) | ((x: Tensor) => Tensor);

/** A TypeError unless it is a layer. */
export function requireLayer(name: string, layer: unknown): asserts layer is LayerLike {
  const isClass = typeof layer === 'function' && layer.prototype instanceof Module;
  if (typeof layer === 'function' && !isClass) return;
  if (layer instanceof Module && 'forward' in layer) return;
  const what = isClass
    ? `the class ${layer.name}`
    : layer instanceof Module
      ? `a ${layer.describe()} without forward`
      : kindOf(layer);
  const hint = isClass
    ? `\n  Make one: new ${layer.name}(...).`
    : Array.isArray(layer)
      ? '\n  Spread it: new Sequential(...layers).'
      : '';
  throw new TypeError(`${name} is ${what}, not a Module or a function of a tensor.${hint}`);
}

/** The layer called with a context of its own. */
export const callLayer = (
  layer: LayerLike,
  name: string,
  x: Tensor,
  context: ForwardContext,
): Tensor => (layer instanceof Module ? layer.forward(x, childContext(context, name)) : layer(x));

/**
 * Layers one after the other. Their names are `0`, `1`, ...; each gets its own key, so two dropout
 * layers draw different masks, and appending a layer does not change the draws of those before it.
 *
 * @throws TypeError for what is not a layer
 * @example
 * ```ts
 * const net = new nn.Sequential(new nn.Linear(3, 4, { seed: 0 }), relu, new nn.Linear(4, 1, { seed: 1 }));
 * Object.keys(net.namedParameters()); // => ['0.weight', '0.bias', '2.weight', '2.bias']
 * net.layers[0].weight.shape; // => [4, 3]
 * ```
 */
export class Sequential<
  const Layers extends readonly LayerLike[] = readonly LayerLike[],
> extends Module {
  readonly [index: number]: Layers[number];
  // The layers themselves are numbered properties, which is what gives them their names.
  readonly #layers: Layers;

  constructor(...layers: Layers) {
    super();
    for (const [i, layer] of layers.entries()) requireLayer(`Sequential: layer ${i}`, layer);
    this.#layers = layers;
    Object.assign(this, layers);
  }

  /** The layers in order, each with its own type. */
  get layers(): Layers {
    return this.#layers;
  }

  /** Number of layers. */
  get length(): number {
    return this.#layers.length;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    return this.#layers.reduce((y, layer, i) => callLayer(layer, String(i), y, context), x);
  }
}
