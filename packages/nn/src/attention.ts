import {
  add,
  arange,
  type Cell,
  DTypeError,
  equal,
  expandDims,
  isFloating,
  lessEqual,
  matmul,
  max,
  mul,
  permute,
  ShapeError,
  softmax,
  stopGradient,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { dropout } from './dropout.ts';
import type { Strength } from './strength.ts';

/** Which keys a query may look at, and how sharply it does. */
export interface AttentionWeightsOptions {
  /**
   * Broadcasts to `[...b, l, s]`. `bool`: true keeps a key (PyTorch's convention). Floating: added to the
   * scores, and differentiated; -Infinity drops a key.
   */
  readonly mask?: Tensor | Cell;
  /** Query `i` sees keys `0` to `i` only, beside what `mask` drops. @defaultValue false */
  readonly isCausal?: boolean;
  /** Factor of the scores; a 0-d tensor or cell is differentiated. @defaultValue `1 / sqrt(e)` */
  readonly scale?: number | Tensor | Cell;
}

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions extends AttentionWeightsOptions {
  /** Probability of dropping an attention weight in training. @defaultValue 0 */
  readonly dropout?: Strength;
  /** @defaultValue false */
  readonly training?: boolean;
  /** The random key of the dropout; needed in training if `dropout` is not 0. */
  readonly rng?: Tensor;
}

const knownOfWeights: OptionNames<AttentionWeightsOptions> = {
  mask: true,
  isCausal: 'boolean',
  scale: true,
};

const known: OptionNames<AttentionOptions> = {
  ...knownOfWeights,
  dropout: true,
  training: 'boolean',
  rng: true,
};

/**
 * `softmax(scale q k^T)` over the keys: how much of each value a query takes. Every row sums to 1; a row
 * whose keys are all dropped is 0, with gradients of 0 (PyTorch's is NaN).
 *
 * @param q  queries `[...b, l, e]`
 * @param k  keys `[...b, s, e]`; batch axes broadcast
 * @returns `[...b, l, s]`
 * @throws ShapeError if sizes do not fit; DTypeError for integers, or an integer mask; RangeError for a
 * scale that is not finite
 * @example
 * ```ts
 * const x = tensor([[1, 0], [0, 1]]);
 * nn.attentionWeights(x, x, { isCausal: true, scale: Math.LN2 }).toArray(); // => [[1, 0], [1/3, 2/3]]
 * ```
 */
export function attentionWeights(
  q: TensorLike,
  k: TensorLike,
  options: AttentionWeightsOptions = {},
): Tensor {
  requireOptions('attentionWeights', options, knownOfWeights);
  return weightsOf(
    'attentionWeights',
    asTensor(q, 'attentionWeights'),
    asTensor(k, 'attentionWeights'),
    options,
  );
}

function weightsOf(
  name: string,
  q: Tensor,
  k: Tensor,
  { mask, isCausal = false, scale }: AttentionWeightsOptions,
): Tensor {
  if (q.rank < 2 || k.rank < 2 || q.shape.at(-1) !== k.shape.at(-1)) {
    throw new ShapeError(
      `${name}: q ${showShape(q.shape)} and k ${showShape(k.shape)} do not fit.\n` +
        '  They are [...b, l, e] and [...b, s, e], with the same e.',
    );
  }
  if (!isFloating(q.dtype)) {
    throw new DTypeError(
      `${name}: q must be floating, got ${q.dtype}.\n  Cast with astype('float32').`,
    );
  }
  requireSame(name, 'k', k, q);
  const scores = matmul(mul(q, factorOf(name, q, scale)), swapLast(k));
  const allowed = mask === undefined ? scores : masked(name, scores, asTensor(mask, name));
  const seen = isCausal ? where(causal(scores), allowed, -Infinity) : allowed;
  // No key at all: an empty row is its own softmax. Without a mask no row loses all of its keys.
  if (seen.shape.at(-1) === 0) return seen;
  if (mask === undefined) return softmax(seen);
  const dead = equal(max(stopGradient(seen), { axis: -1, keepdims: true }), -Infinity);
  return where(dead, 0, softmax(where(dead, 0, seen)));
}

function requireSame(name: string, what: string, x: Tensor, q: Tensor): void {
  if (x.dtype === q.dtype) return;
  throw new DTypeError(
    `${name}: ${what} is ${x.dtype}, q ${q.dtype}.\n  Cast with astype('${q.dtype}').`,
  );
}

function factorOf(
  name: string,
  q: Tensor,
  scale: number | Tensor | Cell | undefined,
): number | Tensor {
  // Without features all scores are 0, whatever their factor.
  if (scale === undefined) return 1 / Math.sqrt(Math.max(1, q.shape.at(-1)!));
  if (typeof scale !== 'number') {
    const factor = asTensor(scale, name);
    requireSame(name, 'scale', factor, q);
    if (factor.rank === 0) return factor;
    throw new ShapeError(
      `${name}: scale must be a number or of shape [], got ${showShape(factor.shape)}.`,
    );
  }
  if (!Number.isFinite(scale)) throw new RangeError(`${name}: scale must be finite, got ${scale}.`);
  return scale;
}

function masked(name: string, scores: Tensor, mask: Tensor): Tensor {
  const lead = scores.rank - mask.rank;
  if (lead < 0 || mask.shape.some((n, i) => n !== 1 && n !== scores.shape[lead + i])) {
    throw new ShapeError(
      `${name}: the mask ${showShape(mask.shape)} does not broadcast to the scores ${showShape(scores.shape)}.\n` +
        '  Its last axes are [l, s]: queries, keys.',
    );
  }
  if (mask.dtype === 'bool') return where(mask, scores, -Infinity);
  if (mask.dtype === scores.dtype) return add(scores, mask);
  throw new DTypeError(
    `${name}: the mask must be bool (true keeps) or ${scores.dtype} (added), got ${mask.dtype}.\n` +
      `  Compare, as in greater(mask, 0), or cast with astype('${scores.dtype}').`,
  );
}

/** `[l, s]`, true where the key is not after the query. */
const causal = ({ shape }: Tensor): Tensor =>
  lessEqual(arange(shape.at(-1)!), expandDims(arange(shape.at(-2)!), 1));

function swapLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i);
  return permute(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/**
 * Attention, `softmax(scale q k^T) v`. A query that may see no key gets 0, with gradients of 0 (PyTorch
 * gives NaN).
 *
 * @param q  queries `[...b, l, e]`
 * @param k  keys `[...b, s, e]`; batch axes broadcast
 * @param v  values `[...b, s, ev]`
 * @returns `[...b, l, ev]`
 * @throws ShapeError if sizes do not fit; DTypeError for integers, or an integer mask; RangeError for a
 * scale that is not finite or a dropout outside [0, 1]; TypeError for dropout in training without `rng`
 * @see Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin, "Attention is all you
 * need", NeurIPS 2017, arXiv 1706.03762
 * @example
 * ```ts
 * const q = tensor([[0, 0]]);
 * const k = tensor([[1, 2], [3, 4]]);
 * const v = tensor([[10], [20]]);
 * nn.scaledDotProductAttention(q, k, v).toArray(); // => [[15]]
 * const mask = greater(tensor([[1, 0]]), 0);
 * nn.scaledDotProductAttention(q, k, v, { mask }).toArray(); // => [[10]]
 * ```
 */
export function scaledDotProductAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions = {},
): Tensor {
  const name = 'scaledDotProductAttention';
  requireOptions(name, options, known);
  const [queries, keys, values] = [
    asTensor(q, 'scaledDotProductAttention'),
    asTensor(k, 'scaledDotProductAttention'),
    asTensor(v, 'scaledDotProductAttention'),
  ];
  requireSame(name, 'v', values, queries);
  if (values.rank < 2 || (keys.rank > 1 && values.shape.at(-2) !== keys.shape.at(-2))) {
    throw new ShapeError(
      `${name}: k ${showShape(keys.shape)} and v ${showShape(values.shape)} do not fit.\n` +
        '  They are [...b, s, e] and [...b, s, ev], with the same s.',
    );
  }
  const { dropout: p = 0, training = false, rng } = options;
  const weights = weightsOf(name, queries, keys, options);
  if (p === 0) return matmul(weights, values);
  const context = rng === undefined ? { training } : { training, rng };
  return matmul(dropout(weights, { p, ...context }), values);
}
