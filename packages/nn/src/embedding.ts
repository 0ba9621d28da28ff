import {
  arange,
  type DType,
  DTypeError,
  equal,
  expandDims,
  indexSelect,
  less,
  lessEqual,
  logicalAnd,
  type Parameter,
  parameter,
  reshape,
  ShapeError,
  stopGradient,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import {
  asTensor,
  check,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import { type ForwardContext, requireContext } from './context.ts';
import { draw, type Initializer } from './initializers.ts';
import { initialKey, type KeySource, requireSize } from './keys.ts';
import { Module } from './module.ts';

/** Options of the function `embedding`. */
export interface EmbeddingSettings {
  /** A row that gets no gradient; negative counts from the end. @defaultValue none */
  readonly paddingIdx?: number;
}

/**
 * Rows of a table: `out[i] = weight[indices[i]]`. Rows that are picked often add up their gradients.
 *
 * @param indices  int32 or uint32 `[...s]`, in `[0, n)`
 * @param weight  `[n, d]`
 * @returns `[...s, d]`
 * @throws RangeError for an index out of range; DTypeError unless they are integers; ShapeError unless
 * the table is a matrix
 * @example
 * ```ts
 * const table = tensor([[1, 2], [3, 4]]);
 * nn.embedding(tensor([1, 1, 0], { dtype: 'int32' }), table).toArray(); // => [[3, 4], [3, 4], [1, 2]]
 * ```
 */
export function embedding(
  indices: TensorLike,
  weight: TensorLike,
  options: EmbeddingSettings = {},
): Tensor {
  requireOptions('embedding', options, { paddingIdx: true });
  const [ids, table] = [asTensor(indices, 'embedding'), asTensor(weight, 'embedding')];
  if (ids.dtype !== 'int32' && ids.dtype !== 'uint32') {
    throw new DTypeError(
      `embedding: indices must be int32 or uint32, got ${ids.dtype}.\n  Cast with astype('int32').`,
    );
  }
  if (table.rank !== 2) {
    throw new ShapeError(`embedding: weight must be [n, d], got ${showShape(table.shape)}.`);
  }
  const [count, width] = table.shape as readonly [number, number];
  const padding = paddingRow('embedding', options.paddingIdx, count);
  check(
    logicalAnd(lessEqual(0, ids), less(ids, count)),
    () =>
      new RangeError(
        `embedding: indices must be in [0, ${count}), got ${String(ids)}.\n  The table ${showShape(table.shape)} has ${count} rows.`,
      ),
  );
  const rows = reshape(indexSelect(table, reshape(ids, [ids.size])), [...ids.shape, width]);
  return padding === null
    ? rows
    : where(expandDims(equal(ids, padding), -1), stopGradient(rows), rows);
}

function paddingRow(name: string, index: number | undefined, count: number): number | null {
  if (index === undefined) return null;
  if (!Number.isInteger(index) || index < -count || index >= count) {
    throw new RangeError(
      `${name}: paddingIdx must be an integer in [${-count}, ${count}), got ${index}.`,
    );
  }
  return index < 0 ? index + count : index;
}

/** Options of `Embedding`. One of `key` and `seed` is needed. */
export interface EmbeddingOptions extends KeySource {
  /** A row that starts as 0 and is not trained; negative counts from the end. @defaultValue none */
  readonly paddingIdx?: number;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** @defaultValue N(0, 1), as PyTorch */
  readonly weightInit?: Initializer;
}

const known: OptionNames<EmbeddingOptions> = {
  seed: true,
  key: true,
  paddingIdx: true,
  dtype: true,
  weightInit: true,
};

const standardNormal: Initializer = (key, shape, options) => random.normal(key, shape, options);

/**
 * A table of trainable rows, picked by integers. `[...s] -> [...s, embeddingDim]`.
 *
 * @throws RangeError for sizes that are not integers >= 1, a `paddingIdx` outside the table, and from
 * `forward` for an index outside it; DTypeError from `forward` unless the indices are integers
 * @example
 * ```ts
 * const layer = new nn.Embedding(10, 3, { seed: 0, paddingIdx: 0 });
 * layer.forward(tensor([[4, 0]], { dtype: 'int32' })).shape; // => [1, 2, 3]
 * ```
 */
export class Embedding extends Module {
  /** `[numEmbeddings, embeddingDim]` */
  readonly weight: Parameter;
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    requireSize('Embedding', 'numEmbeddings', numEmbeddings);
    requireSize('Embedding', 'embeddingDim', embeddingDim);
    requireOptions('Embedding', options, known);
    const key = initialKey('Embedding', options);
    const { dtype = 'float32', weightInit = standardNormal, paddingIdx } = options;
    const shape = [numEmbeddings, embeddingDim];
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingRow('Embedding', paddingIdx, numEmbeddings);
    const drawn = draw('Embedding', key, 'weight', weightInit, shape, dtype);
    const row = this.paddingIdx;
    this.weight =
      row === null ? drawn : parameter(withoutRow(drawn.read(), row), { name: 'weight' });
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return embedding(x, this.weight, {
      ...(this.paddingIdx === null ? {} : { paddingIdx: this.paddingIdx }),
    });
  }
}

function withoutRow(table: Tensor, row: number): Tensor {
  const rows = reshape(arange(table.shape[0]!), [-1, 1]);
  return where(equal(rows, row), 0, table);
}
