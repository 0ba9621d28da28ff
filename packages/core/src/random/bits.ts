import { allocate, contiguous, type Shape, sizeOf, type View, viewOf } from '@tikhonov/array';
import { bind } from '../bind.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { type Aval, definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { threefry2x32 } from './threefry.ts';

/** Second counter words that keep the uses of one key apart. */
const streams = { bits: 0, fold: 0x464f4c44, split: 0x53504c54, shuffle: 0x53485546 } as const;

/** Throws unless the aval is a key: uint32 `[2]`. */
export function requireKey(name: string, key: Aval): void {
  if (!Array.isArray(key?.shape)) {
    const given = key === undefined || key === null ? String(key) : typeof key;
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

function keyWords(key: View): readonly [number, number] {
  return [key.data[key.offset]!, key.data[key.offset + key.stride[0]!]!];
}

/** Two random words for each element of `shape`, counted in row-major order. */
export const randomBitsP: Primitive<1, { readonly shape: Shape }> = /* @__PURE__ */ definePrimitive(
  {
    name: 'randomBits',
    infer: ([key], { shape }) => {
      requireKey('random.bits', key);
      return { shape: [...shape, 2], dtype: 'uint32' };
    },
    forward: ([key], { shape }) => {
      const [k0, k1] = keyWords(key);
      const data = new Uint32Array(2 * sizeOf(shape));
      for (let i = 0; 2 * i < data.length; i++) threefry2x32(k0, k1, i, streams.bits, data, 2 * i);
      return viewOf(data, [...shape, 2], 'uint32');
    },
    vjp: [null],
    discrete: 'the result is bits',
    cases: (draw) => ({ inputs: [draw.bits([2])], attrs: { shape: draw.shape() } }),
  },
);

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
    discrete: 'the result is a key',
    cases: (draw) => ({
      inputs: [draw.bits([2]), draw.integers([], 0, 1000)],
      attrs: { stream: draw.pick(['fold', 'split'] as const) },
    }),
  });

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
  discrete: 'the result is an order',
  cases: (draw) => ({ inputs: [draw.bits([2])], attrs: { n: draw.integer(0, 9) } }),
});

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
    for (let i = 0; i < data.length; i++) {
      const radius = Math.sqrt(-2 * logOfFraction(words[2 * i]!));
      data[i] = radius * cosOfTurn(words[2 * i + 1]!);
    }
    return viewOf(data, bits.shape.slice(0, -1), 'float64');
  },
  vjp: [null],
  discrete: 'bits have no derivative',
  cases: (draw) => ({ inputs: [draw.bits([...draw.shape(), 2])], attrs: null }),
});

/** `log((word + 1) / 2^32)` by `log m = 2 atanh((m - 1) / (m + 1))`, `m` in [sqrt(1/2), sqrt(2)). */
export function logOfFraction(word: number): number {
  const k = word + 1;
  let exponent = k === 0x100000000 ? 32 : 31 - Math.clz32(k);
  let m = k / 2 ** exponent;
  if (m > Math.SQRT2) {
    m /= 2;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let series = 1 / 23;
  for (let n = 21; n >= 1; n -= 2) series = series * z + 1 / n;
  return (exponent - 32) * Math.LN2 + 2 * s * series;
}

/** `cos(2 pi word / 2^32)` by Taylor series within the quadrant. */
export function cosOfTurn(word: number): number {
  const quadrant = word >>> 30;
  const x = ((word & 0x3fffffff) / 0x40000000) * (Math.PI / 2);
  const z = x * x;
  const odd = quadrant === 1 || quadrant === 3;
  let series = 1;
  for (let n = odd ? 23 : 22; n >= 2; n -= 2) series = 1 - (series * z) / (n * (n - 1));
  const value = odd ? x * series : series;
  return quadrant === 1 || quadrant === 2 ? -value : value;
}

/** Two random words per element of `shape`. */
export const bits = (key: Tensor, shape: Shape): Tensor =>
  bind(randomBitsP, [key], { shape: [...shape] });
