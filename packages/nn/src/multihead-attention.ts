import {
  add,
  type Cell,
  type DType,
  DTypeError,
  expandDims,
  isFloating,
  logicalAnd,
  logicalNot,
  matmul,
  mean,
  type Parameter,
  parameter,
  permute,
  reshape,
  type Shape,
  ShapeError,
  split,
  squeeze,
  Tensor,
  where,
  zeros,
} from '@tikhonov/core';
import {
  asTensor,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import { attentionWeights } from './attention.ts';
import { childContext, type ForwardContext, requireContext } from './context.ts';
import { dropout } from './dropout.ts';
import { xavierUniform } from './init/xavier.ts';
import { constantInit, draw, type Initializer } from './initializers.ts';
import { initialKey, type KeySource, requireSize } from './keys.ts';
import { Linear, linear } from './linear.ts';
import { Module } from './module.ts';
import { type Strength, unitStrength } from './strength.ts';

/** Options of `MultiheadAttention`. One of `key` and `seed` is needed. */
export interface MultiheadAttentionOptions extends KeySource {
  /** Probability of dropping an attention weight in training. @defaultValue 0 */
  readonly dropout?: Strength;
  /** Whether the projections have biases. @defaultValue true */
  readonly bias?: boolean;
  /** Features of the keys. @defaultValue `embedDim` */
  readonly kdim?: number;
  /** Features of the values. @defaultValue `embedDim` */
  readonly vdim?: number;
  /** Whether inputs and output are `[n, l, e]` instead of `[l, n, e]`. @defaultValue false, as PyTorch */
  readonly batchFirst?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** Of the input projections. @defaultValue `init.xavierUniform`, as PyTorch */
  readonly weightInit?: Initializer;
}

const known: OptionNames<MultiheadAttentionOptions> = {
  seed: true,
  key: true,
  dropout: true,
  bias: 'boolean',
  kdim: true,
  vdim: true,
  batchFirst: 'boolean',
  dtype: true,
  weightInit: true,
};

/**
 * What may be attended to, beside the context of every `forward`. The masks follow PyTorch's
 * `MultiheadAttention`, where `true` *hides* (in `scaledDotProductAttention` it shows).
 */
export interface MultiheadContext extends ForwardContext {
  /** `[l, s]` or `[n * numHeads, l, s]`; bool: true hides a key from a query, floating: added to the scores. */
  readonly attnMask?: Tensor | Cell;
  /** Query `i` sees keys `0` to `i` only, beside what `attnMask` hides. @defaultValue false */
  readonly isCausal?: boolean;
  /** `[n, s]` (`[s]` without a batch); bool: true hides a key from all queries, floating: added. */
  readonly keyPaddingMask?: Tensor | Cell;
}

/** Options of `attend`. */
export interface AttendOptions extends MultiheadContext {
  /** Whether to return the attention weights. @defaultValue true, as PyTorch */
  readonly needWeights?: boolean;
  /** Whether to average them over heads. @defaultValue true */
  readonly averageAttnWeights?: boolean;
}

const knownOfAttend: OptionNames<AttendOptions> = {
  training: 'boolean',
  rng: true,
  updateState: 'boolean',
  attnMask: true,
  isCausal: 'boolean',
  keyPaddingMask: true,
  needWeights: 'boolean',
  averageAttnWeights: 'boolean',
};

/** What `attend` returns. */
export interface Attended {
  /** Shape of the query. */
  readonly output: Tensor;
  /** `[n, l, s]`, or `[n, numHeads, l, s]` unless averaged; after dropout. `null` if not asked for. */
  readonly weights: Tensor | null;
}

/**
 * Attention of several heads: queries, keys and values are projected, split into `numHeads` parts of
 * `embedDim / numHeads` features, attended to in each, joined and projected again. `forward(x)` is
 * self-attention; `attend(query, key, value)` takes three inputs and can return the weights. Parameters
 * and their names are PyTorch's: one `in_proj_weight` `[3 e, e]` for all three projections, or
 * `q_proj_weight`, `k_proj_weight`, `v_proj_weight` where `kdim` or `vdim` differ from `embedDim`.
 *
 * A query from which all keys are hidden attends to nothing: its heads give 0 (PyTorch's give NaN).
 *
 * @throws RangeError unless sizes are integers >= 1 and `numHeads` divides `embedDim`, or if the dropout
 * is outside [0, 1]; ShapeError if inputs or masks do not fit; DTypeError for integer masks; TypeError in
 * training with dropout but without `rng`
 * @see Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin, "Attention is all you
 * need", NeurIPS 2017, arXiv 1706.03762
 * @example
 * ```ts
 * const layer = new nn.MultiheadAttention(8, 2, { seed: 0, batchFirst: true });
 * const x = random.normal(random.key(1), [4, 5, 8]);
 * layer.forward(x, { isCausal: true }).shape; // => [4, 5, 8]
 * const { weights } = layer.attend(x, x, x);
 * weights?.shape; // => [4, 5, 5]
 * Object.keys(layer.stateDict()); // => ['in_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias']
 * ```
 */
export class MultiheadAttention extends Module {
  /** `[3 e, e]`: the projections of query, key and value; `null` if there are three. */
  readonly inProjWeight: Parameter | null;
  /** `[e, e]`, or `null` */
  readonly qProjWeight: Parameter | null;
  /** `[e, kdim]`, or `null` */
  readonly kProjWeight: Parameter | null;
  /** `[e, vdim]`, or `null` */
  readonly vProjWeight: Parameter | null;
  /** `[3 e]`, starts as 0 */
  readonly inProjBias: Parameter | null;
  readonly outProj: Linear;
  readonly embedDim: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly batchFirst: boolean;
  /** If it is a cell, it is part of the module's state. */
  readonly dropout: Strength;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const name = 'MultiheadAttention';
    requireOptions(name, options, known);
    const key = initialKey(name, options);
    const { kdim = embedDim, vdim = embedDim, bias = true, dtype = 'float32' } = options;
    const { weightInit = xavierUniform, batchFirst = false } = options;
    for (const [what, size] of Object.entries({ embedDim, numHeads, kdim, vdim })) {
      requireSize(name, what, size);
    }
    if (embedDim % numHeads !== 0) {
      throw new RangeError(
        `${name}: numHeads must divide embedDim, got ${numHeads} and ${embedDim}.`,
      );
    }
    this.dropout = options.dropout ?? 0;
    unitStrength(name, 'dropout', this.dropout, { closed: true });
    const drawn = (label: string, rows: number, columns: number): Parameter =>
      draw(name, key, label, weightInit, [rows, columns], dtype);
    const joint = kdim === embedDim && vdim === embedDim;
    this.inProjWeight = joint ? drawn('in_proj_weight', 3 * embedDim, embedDim) : null;
    this.qProjWeight = joint ? null : drawn('q_proj_weight', embedDim, embedDim);
    this.kProjWeight = joint ? null : drawn('k_proj_weight', embedDim, kdim);
    this.vProjWeight = joint ? null : drawn('v_proj_weight', embedDim, vdim);
    this.inProjBias = bias
      ? parameter(zeros([3 * embedDim], { dtype }), { name: 'in_proj_bias' })
      : null;
    const outKey = random.foldIn(key, 'out_proj');
    this.outProj = new Linear(embedDim, embedDim, {
      key: outKey,
      bias,
      dtype,
      biasInit: constantInit(0),
    });
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.headDim = embedDim / numHeads;
    this.kdim = kdim;
    this.vdim = vdim;
    this.batchFirst = batchFirst;
  }

  override get stateNames(): Readonly<Record<string, string>> {
    return {
      inProjWeight: 'in_proj_weight',
      qProjWeight: 'q_proj_weight',
      kProjWeight: 'k_proj_weight',
      vProjWeight: 'v_proj_weight',
      inProjBias: 'in_proj_bias',
      outProj: 'out_proj',
    };
  }

  override describe(): string {
    return `MultiheadAttention(${this.embedDim}, ${this.numHeads})`;
  }

  /** Self-attention: every element of the sequence looks at the others. */
  forward(x: Tensor, context: MultiheadContext = {}): Tensor {
    requireContext(this, context, 'For three inputs there is attend(query, key, value).');
    return this.#attend(x, x, x, context).output;
  }

  /**
   * Attention of `query` to `key`, which gives `value`.
   *
   * @param query  `[l, n, e]`, `[n, l, e]` with `batchFirst`, or `[l, e]`
   * @param key  likewise, with `s` for `l` and `kdim` for `e`
   * @param value  likewise, with `vdim`
   */
  attend(query: Tensor, key: Tensor, value: Tensor, options: AttendOptions = {}): Attended {
    requireOptions('MultiheadAttention.attend', options, knownOfAttend);
    const { needWeights = true, averageAttnWeights = true } = options;
    const { output, weights } = this.#attend(query, key, value, options);
    if (!needWeights) return { output, weights: null };
    const shown = averageAttnWeights ? mean(weights, { axis: 1 }) : weights;
    return { output, weights: query.rank === 2 ? squeeze(shown, 0) : shown };
  }

  #attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    context: MultiheadContext,
  ): { readonly output: Tensor; readonly weights: Tensor } {
    const { embedDim, numHeads, kdim, vdim } = this;
    const batched = query.rank === 3;
    const q = this.#batchMajor('query', query, embedDim, batched);
    const k = this.#batchMajor('key', key, kdim, batched);
    const v = this.#batchMajor('value', value, vdim, batched);
    if (k.shape[0] !== q.shape[0] || v.shape[0] !== q.shape[0] || k.shape[1] !== v.shape[1]) {
      throw new ShapeError(
        `MultiheadAttention: query ${showShape(query.shape)}, key ${showShape(key.shape)} and value ${showShape(value.shape)} do not fit.\n` +
          '  Batch sizes must agree, and key and value must have the same length.',
      );
    }
    const projected = this.#project(q, k, v, query === key && key === value);
    const [queries, keys, values] = projected.map((x) => heads(x, numHeads));
    const shape = [q.shape[0]!, numHeads, q.shape[1]!, k.shape[1]!];
    const mask = this.#mask(shape, query, batched, context);
    const { isCausal = false, training = false } = context;
    const raw = attentionWeights(queries!, keys!, {
      isCausal,
      ...(mask === undefined ? {} : { mask }),
    });
    const { rng } = childContext(context, 'dropout');
    const weights =
      this.dropout === 0
        ? raw
        : dropout(raw, { p: this.dropout, training, ...(rng === undefined ? {} : { rng }) });
    const mixed = permute(matmul(weights, values!), [0, 2, 1, 3]);
    const output = this.outProj.forward(reshape(mixed, [shape[0]!, shape[2]!, embedDim]));
    if (!batched) return { output: squeeze(output, 0), weights };
    return { output: this.batchFirst ? output : permute(output, [1, 0, 2]), weights };
  }

  /** `[n, l, features]` of whatever layout. */
  #batchMajor(what: string, x: Tensor, features: number, batched: boolean): Tensor {
    const label = this.describe();
    if (!(x instanceof Tensor)) {
      throw new TypeError(`${label}: ${what} must be a Tensor, got ${kindOf(x)}.`);
    }
    if (x.rank !== (batched ? 3 : 2) || x.shape.at(-1) !== features) {
      const layout = this.batchFirst ? '[n, l, e]' : '[l, n, e]';
      throw new ShapeError(
        `${label}: ${what} must be ${batched ? layout : `${layout} or [l, e]`} with e = ${features}, got ${showShape(x.shape)}.`,
      );
    }
    if (!isFloating(x.dtype)) {
      throw new DTypeError(
        `${label}: ${what} must be floating, got ${x.dtype}.\n  Cast with astype('float32').`,
      );
    }
    if (!batched) return expandDims(x, 0);
    return this.batchFirst ? x : permute(x, [1, 0, 2]);
  }

  /** The three projections; of one input in one product. */
  #project(q: Tensor, k: Tensor, v: Tensor, same: boolean): readonly Tensor[] {
    const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, embedDim } = this;
    if (inProjWeight !== null && same) {
      return split(linear(q, inProjWeight, inProjBias ?? undefined), embedDim, { axis: -1 });
    }
    const weights =
      inProjWeight === null
        ? [qProjWeight!, kProjWeight!, vProjWeight!]
        : split(inProjWeight, embedDim);
    const biases = inProjBias === null ? [] : split(inProjBias, embedDim);
    return [q, k, v].map((x, i) => linear(x, weights[i]!, biases[i]));
  }

  /** Both masks as one in the convention of `attentionWeights`, broadcastable to `[n, heads, l, s]`. */
  #mask(
    [n, count, l, s]: readonly number[],
    query: Tensor,
    batched: boolean,
    { attnMask, keyPaddingMask }: MultiheadContext,
  ): Tensor | undefined {
    const masks: Tensor[] = [];
    if (attnMask !== undefined) {
      const mask = asTensor(attnMask);
      const flat = [l!, s!];
      const perHead = [n! * count!, l!, s!];
      requireMask('attnMask', mask, [flat, perHead], query.dtype);
      masks.push(mask.rank === 2 ? mask : reshape(mask, [n!, count!, l!, s!]));
    }
    if (keyPaddingMask !== undefined) {
      const mask = asTensor(keyPaddingMask);
      requireMask('keyPaddingMask', mask, [batched ? [n!, s!] : [s!]], query.dtype);
      masks.push(reshape(mask, [n!, 1, 1, s!]));
    }
    const hidden = masks.filter((mask) => mask.dtype === 'bool').map((mask) => logicalNot(mask));
    const added = masks.filter((mask) => mask.dtype !== 'bool');
    const shown = hidden.length === 0 ? undefined : hidden.reduce((a, b) => logicalAnd(a, b));
    const bias = added.length === 0 ? undefined : added.reduce((a, b) => add(a, b));
    if (bias === undefined) return shown;
    return shown === undefined ? bias : where(shown, bias, -Infinity);
  }
}

/** `[n, l, heads * d] -> [n, heads, l, d]` */
const heads = (x: Tensor, count: number): Tensor =>
  permute(reshape(x, [x.shape[0]!, x.shape[1]!, count, x.shape[2]! / count]), [0, 2, 1, 3]);

function requireMask(what: string, mask: Tensor, shapes: readonly Shape[], dtype: DType): void {
  if (!shapes.some((shape) => showShape(shape) === showShape(mask.shape))) {
    throw new ShapeError(
      `MultiheadAttention: ${what} must be ${shapes.map(showShape).join(' or ')}, got ${showShape(mask.shape)}.`,
    );
  }
  if (mask.dtype !== 'bool' && mask.dtype !== dtype) {
    throw new DTypeError(
      `MultiheadAttention: ${what} must be bool (true hides) or ${dtype} (added), got ${mask.dtype}.`,
    );
  }
}
