import { Parameter, type Shape, type Tensor, zeros } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import {
  type Conv2d,
  type Initializer,
  type LayerLike,
  Linear,
  Module,
  Sequential,
} from '@tikhonov/nn';

/** A class of layers that can be taken over. */
export type PlainKind<Kind extends Linear | Conv2d> = abstract new (...args: never) => Kind;

/**
 * A layer whose parameters another one is to take over: of the class itself, not one that has been taken over
 * before, and with nothing around its weight or its `forward` that would be lost.
 *
 * @throws TypeError for others
 */
export function requirePlainLayer<Kind extends Linear | Conv2d>(
  caller: string,
  layer: unknown,
  kind: PlainKind<Kind>,
): Kind {
  if (!(layer instanceof kind) || layer.constructor !== kind) {
    const seen = layer instanceof Module ? layer.describe() : kindOf(layer);
    throw new TypeError(
      `${caller}: needs a plain nn.${kind.name}, got ${seen}.\n  It takes the parameters of a layer over: new ${caller}(new nn.${kind.name}(...)).`,
    );
  }
  if (layer.weight instanceof Parameter && !Object.hasOwn(layer, 'forward')) return layer;
  throw new TypeError(
    `${caller}: ${layer.describe()} has gates or a reparametrized weight, which would be lost.\n  Make the ${caller} first and put them on it.`,
  );
}

/** For a layer that gets the parameters of another one. */
export const blank: Initializer = (_key: Tensor, shape: Shape, options = {}): Tensor =>
  zeros(shape, options);

/** A linear layer with these parameters. */
export function plainLinear({
  inFeatures,
  outFeatures,
  weight,
  bias,
}: Pick<Linear, 'inFeatures' | 'outFeatures' | 'weight' | 'bias'>): Linear {
  const { dtype } = weight;
  const settings = { seed: 0, bias: bias !== null, dtype, weightInit: blank, biasInit: blank };
  return Object.assign(new Linear(inFeatures, outFeatures, settings), { weight, bias });
}

/** The part of a network with its layer of a kind replaced: itself, or the first in a `Sequential`. */
export function replaceLayer<Kind extends Linear | Conv2d>(
  part: LayerLike,
  kind: PlainKind<Kind>,
  make: (layer: Kind) => LayerLike,
): LayerLike {
  if (part instanceof kind) return make(part);
  if (!(part instanceof Sequential)) return part;
  const [first, ...rest] = part.layers as readonly LayerLike[];
  return first === undefined ? part : new Sequential(replaceLayer(first, kind, make), ...rest);
}
