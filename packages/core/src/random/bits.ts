import { allocate, contiguous, type Shape, sizeOf, type View, viewOf } from '@tikhonov/array';
import { bind } from '../bind.ts';
import { Cell } from '../cell.ts';
import type { Checks } from '../checks.ts';
import { checkShape } from '../create.ts';
import { DTypeError, kindOf, ShapeError, showShape } from '../errors.ts';
import { type Aval, definePrimitive, type Primitive } from '../primitive.ts';
import { astype } from '../primitives/astype.ts';
import type { Tensor } from '../tensor.ts';
import { normalOf } from './portable.ts';
import { threefry2x32 } from './threefry.ts';

/** Second counter words that keep the uses of one key apart. */
export const streams = {
  bits: 0,
  fold: 0x464f4c44,
  split: 0x53504c54,
  shuffle: 0x53485546,
  gamma: 0x47414d4d,
  truncated: 0x5452554e,
  poisson: 0x504f4953,
} as const;

/** Throws unless the aval is a key: uint32 `[2]`. */
export function requireKey(name: string, key: Aval): void {
  if (!Array.isArray(key?.shape) || key instanceof Cell) {
    const given = key instanceof Cell ? 'a Cell' : kindOf(key);
    throw new TypeError(
      `${name}: needs a random key, got ${given}. Make one with random.key(seed).`,
    );
  }
  if (key.dtype !== 'uint32' || key.shape.length !== 1 || key.shape[0] !== 2) {
    throw new (key.dtype === 'uint32' ? ShapeError : DTypeError)(
      `${name}: a random key is uint32 [2], got ${key.dtype} ${showShape(key.shape)}. Make one with random.key(seed).`,
    );
  }
}

/** Throws unless there are a key and a shape to draw from and into. */
export function requireDraw(name: string, from: Aval, shape: Shape): void {
  requireKey(name, from);
  checkShape(name, shape);
}

/** The two words of a key. */
export function keyWords(key: View): readonly [number, number] {
  return [key.data[key.offset]!, key.data[key.offset + key.stride[0]!]!];
}

/** What `randomBits` draws: both words of every element on a last axis of size 2, or one of them. */
interface BitsAttrs {
  readonly shape: Shape;
  readonly word: 0 | 1 | null;
}

/** Two random words for each element of `shape`, counted in row-major order. */
export const randomBitsP: Primitive<1, BitsAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'randomBits',
  infer: ([key], { shape, word }) => {
    requireKey('random.bits', key);
    return { shape: word === null ? [...shape, 2] : shape, dtype: 'uint32' };
  },
  forward: ([key], { shape, word }) => {
    const [k0, k1] = keyWords(key);
    const n = sizeOf(shape);
    const pair = new Uint32Array(2);
    const data = new Uint32Array(word === null ? 2 * n : n);
    for (let i = 0; i < n; i++) {
      if (word === null) threefry2x32(k0, k1, i, streams.bits, data, 2 * i);
      else {
        threefry2x32(k0, k1, i, streams.bits, pair, 0);
        data[i] = pair[word]!;
      }
    }
    return viewOf(data, word === null ? [...shape, 2] : shape, 'uint32');
  },
  vjp: [null],
});

export const randomBitsChecks: Checks<typeof randomBitsP> = {
  discrete: 'the result is bits',
  cases: (draw) => ({
    inputs: [draw.bits([2])],
    attrs: { shape: draw.shape(), word: draw.pick([null, 0, 1]) },
  }),
};

/** A new key from a key and a number. */
export const foldInP: Primitive<2, { readonly stream: 'fold' | 'split' }> =
  /* @__PURE__ */ definePrimitive({
    name: 'foldIn',
    infer: ([key, data]) => {
      requireKey('random.foldIn', key);
      if (data.shape.length !== 0 || (data.dtype !== 'int32' && data.dtype !== 'uint32')) {
        throw new DTypeError(
          `random.foldIn: needs an int32 or uint32 scalar, got ${data.dtype} ${showShape(data.shape)}.`,
        );
      }
      return { shape: [2], dtype: 'uint32' };
    },
    forward: ([key, data], { stream }) => {
      const [k0, k1] = keyWords(key);
      const out = new Uint32Array(2);
      threefry2x32(k0, k1, data.data[data.offset]!, streams[stream], out, 0);
      return viewOf(out, [2], 'uint32');
    },
    vjp: [null, null],
  });

export const foldInChecks: Checks<typeof foldInP> = {
  discrete: 'the result is a key',
  nonEmpty: 'a key has two words and the number is a scalar',
  cases: (draw) => ({
    inputs: [draw.bits([2]), draw.integers([], 0, 1000)],
    attrs: { stream: draw.pick(['fold', 'split'] as const) },
  }),
};

/** A uniformly random order of `0 .. n - 1` (Fisher-Yates). */
export const permutationP: Primitive<1, { readonly n: number }> = /* @__PURE__ */ definePrimitive({
  name: 'permutation',
  infer: ([key], { n }) => {
    requireKey('random.permutation', key);
    return { shape: [n], dtype: 'int32' };
  },
  forward: ([key], { n }) => {
    const [k0, k1] = keyWords(key);
    const order = allocate('int32', n);
    for (let i = 0; i < n; i++) order[i] = i;
    const words = new Uint32Array(2);
    for (let i = n - 1; i > 0; i--) {
      threefry2x32(k0, k1, i, streams.shuffle, words, 0);
      // 53 bits times (i + 1): the bias is below i / 2^53.
      const u = ((words[0]! >>> 5) * 0x4000000 + (words[1]! >>> 6)) / 0x20000000000000;
      const j = Math.floor(u * (i + 1));
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    return viewOf(order, [n], 'int32');
  },
  vjp: [null],
});

export const permutationChecks: Checks<typeof permutationP> = {
  discrete: 'the result is an order',
  cases: (draw) => ({ inputs: [draw.bits([2])], attrs: { n: draw.integer(0, 9) } }),
};

/**
 * Standard normal values from pairs of words `[...s, 2] -> [...s]` in float64 (Box & Muller 1958).
 * Logarithm and cosine are fixed-order polynomials, so the values are the same on every platform.
 */
export const normalFromBitsP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'normalFromBits',
  infer: ([bits]) => {
    if (bits.dtype !== 'uint32' || bits.shape.at(-1) !== 2) {
      throw new DTypeError(
        `normalFromBits: needs uint32 [..., 2], got ${bits.dtype} ${showShape(bits.shape)}.`,
      );
    }
    return { shape: bits.shape.slice(0, -1), dtype: 'float64' };
  },
  forward: ([bits]) => {
    const words = contiguous(bits).data;
    const data = new Float64Array(words.length / 2);
    for (let i = 0; i < data.length; i++) data[i] = normalOf(words[2 * i]!, words[2 * i + 1]!);
    return viewOf(data, bits.shape.slice(0, -1), 'float64');
  },
  vjp: [null],
});

export const normalFromBitsChecks: Checks<typeof normalFromBitsP> = {
  discrete: 'bits have no derivative',
  cases: (draw) => ({ inputs: [draw.bits([...draw.shape(), 2])], attrs: null }),
};

/** Two random words per element of `shape`. */
export function bits(key: Tensor, shape: Shape): Tensor {
  requireDraw('random.bits', key, shape);
  return bind(randomBitsP, [key], { shape: [...shape], word: null });
}

/**
 * One of the two words per element of `shape`, as float64. Drawn alone and not sliced off, so that programs
 * that draw do not load slices; the caller has checked key and shape.
 */
export const randomWord = (key: Tensor, shape: Shape, word: 0 | 1): Tensor =>
  astype(bind(randomBitsP, [key], { shape: [...shape], word }), 'float64');
