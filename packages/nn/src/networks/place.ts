import type { DType, Tensor } from '@tikhonov/core';
import { kindOf, showValue } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import type { ActivationFunction, BasicActivationName } from '../basic-activations.ts';
import type { Initializer } from '../initializers.ts';
import { type KeySource, requireSize } from '../keys.ts';
import { type LayerLike, requireLayer } from '../sequential.ts';

/** What the parts of a network are, as far as methods act on them. */
export type PartKind = 'linear' | 'convolution' | 'activation' | 'pooling' | 'block';

/** Where a part of a network stands. */
export interface Place {
  readonly kind: PartKind;
  /** Its number among the parts of its kind, from 0, in the order of the forward pass. */
  readonly index: number;
  /** How many parts of its kind there are. */
  readonly count: number;
  /** Units or channels that come out of it. */
  readonly channels: number;
  /** Size of the maps that come out of it: `[]` for units, `[height, width]` for images. */
  readonly spatial: readonly number[];
  /** Whether it is within the branch of a residual block. */
  readonly inBlock: boolean;
  /** Whether it gives the output of the network. */
  readonly output: boolean;
  /** A key of its own, for initial values of what is put there. */
  readonly key: Tensor;
  /** Of a block: another branch of the same structure with weights of its own. */
  readonly branch?: (key: Tensor) => LayerLike;
}

/**
 * Makes of a part of a network what is to stand in its place: the part itself, another layer, or a
 * `Sequential` of the part and more. A `'linear'` part is a `Linear`, a `'convolution'` a `Conv2d`, a
 * `'pooling'` a `MaxPool2d`, a `'block'` a `Residual` without the activation behind it; an
 * `'activation'` is a function or a module.
 */
export type ChangePart = (part: LayerLike, place: Place) => LayerLike;

/** What networks of images have in common. One of `seed` and `key` is needed. */
export interface ImageNetworkOptions extends KeySource {
  /** `[channels, height, width]` of an image. */
  readonly inputShape: readonly [number, number, number];
  /** Number of outputs. */
  readonly classes: number;
  /** A name, or a function such as `gelu`. @defaultValue 'relu' */
  readonly activation?: BasicActivationName | ActivationFunction;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** Of the weights of linear layers and convolutions. @defaultValue that of each layer, as PyTorch */
  readonly init?: Initializer;
  /** Whether linear layers, and convolutions without a norm behind them, have biases. @defaultValue true */
  readonly bias?: boolean;
  /** What to make of the parts. Initial weights of the others do not depend on it. */
  readonly change?: ChangePart;
}

/** Where a part stands, but for what is known of all parts. */
export type PlaceOf = Pick<Place, 'channels' | 'spatial'> & Partial<Place>;

/** Counts the parts of a network while it is built, and changes them. */
export class PartMaker {
  readonly #name: string;
  readonly #key: Tensor;
  readonly #change: ChangePart | undefined;
  readonly #counts: Readonly<Partial<Record<PartKind, number>>>;
  readonly #seen = new Map<PartKind, number>();

  /** @param counts  how many parts of each kind there will be */
  constructor(
    name: string,
    key: Tensor,
    change: ChangePart | undefined,
    counts: Readonly<Partial<Record<PartKind, number>>>,
  ) {
    if (change !== undefined && typeof change !== 'function') {
      throw new TypeError(
        `${name}: change must be a function of a part and its place, got ${kindOf(change)}.\n  For example change: (part, { kind }) => (kind === 'activation' ? new Sequential(part, new Dropout()) : part).`,
      );
    }
    this.#name = name;
    this.#key = key;
    this.#change = change;
    this.#counts = counts;
  }

  /** The part, or what the change makes of it. */
  part(kind: PartKind, part: LayerLike, place: PlaceOf): LayerLike {
    const index = this.#seen.get(kind) ?? 0;
    this.#seen.set(kind, index + 1);
    if (this.#change === undefined) return part;
    const changed = this.#change(part, {
      inBlock: false,
      output: false,
      ...place,
      kind,
      index,
      count: this.#counts[kind] ?? 0,
      key: random.foldIn(random.foldIn(this.#key, `change.${kind}`), index),
    });
    requireLayer(`${this.#name}: what change made of ${kind} ${index}`, changed);
    return changed;
  }
}

/** Sizes >= 1; a RangeError otherwise. */
export function requireSizes(
  name: string,
  what: string,
  sizes: unknown,
): asserts sizes is number[] {
  if (!Array.isArray(sizes)) {
    throw new RangeError(
      `${name}: ${what} must be a list of integers >= 1, got ${showValue(sizes)}.`,
    );
  }
  for (const [i, size] of sizes.entries()) requireSize(name, `${what}[${i}]`, size);
}

/** `[channels, height, width]`; a RangeError otherwise. */
export function requireImage(
  name: string,
  shape: unknown,
): asserts shape is readonly [number, number, number] {
  const valid =
    Array.isArray(shape) && shape.length === 3 && shape.every((n) => Number.isInteger(n) && n >= 1);
  if (valid) return;
  throw new RangeError(
    `${name}: inputShape must be [channels, height, width], got ${showValue(shape)}.\n  For example [1, 28, 28].`,
  );
}
