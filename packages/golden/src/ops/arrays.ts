import {
  argmax,
  argmin,
  broadcastTo,
  concat,
  cumprod,
  cumsum,
  diag,
  einsum,
  flip,
  gather,
  indexSelect,
  logsumexp,
  matmul,
  max,
  mean,
  min,
  norm,
  outer,
  type PadMode,
  pad,
  permute,
  prod,
  reshape,
  roll,
  type Sorted,
  scatterAdd,
  slice,
  sort,
  split,
  stack,
  std,
  sum,
  type Tensor,
  tile,
  topk,
  trace,
  transpose,
  tril,
  triu,
  variance,
} from '@tikhonov/core';
import { type Adapter, type Attrs, alone, binary, reduction } from './adapter.ts';

const given = <Key extends string, T>(
  key: Key,
  value: T | null | undefined,
): { readonly [K in Key]?: T } =>
  (value === null || value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: T };

const sorted = ({ values, indices }: Sorted): Tensor[] => [values, indices];

const correction = (attrs: Attrs) => ({
  ...reduction(attrs),
  ...given('correction', attrs.correction),
});

const position = ({ axis, keepDims }: Attrs): { axis?: number; keepdims: boolean } => ({
  ...(axis === null || axis === undefined ? {} : alone({ axis })),
  keepdims: keepDims ?? false,
});

/** JSON has no infinity, so files may write it as text. */
const exponent = (p: number | string | undefined): number => (p === undefined ? 2 : Number(p));

/** `'permute [1,0]'` says that the input of a case was permuted first. */
const permuted = (x: Tensor, pre = ''): Tensor =>
  pre.startsWith('permute ') ? permute(x, JSON.parse(pre.slice('permute '.length))) : x;

const triangle = ({ k }: Attrs): { k?: number } => given('k', k);

/** Reductions, movement, indexing, matrix products. */
export const arrays: Readonly<Record<string, Adapter>> = {
  sum: ([x], attrs) => sum(x!, reduction(attrs)),
  mean: ([x], attrs) => mean(x!, reduction(attrs)),
  var: ([x], attrs) => variance(x!, correction(attrs)),
  std: ([x], attrs) => std(x!, correction(attrs)),
  max: ([x], attrs) => max(x!, reduction(attrs)),
  min: ([x], attrs) => min(x!, reduction(attrs)),
  prod: ([x], attrs) => prod(x!, reduction(attrs)),
  logsumexp: ([x], attrs) => logsumexp(x!, reduction(attrs)),
  norm: ([x], attrs) => norm(x!, { ...reduction(attrs), p: exponent(attrs.p) }),
  inf_norm: ([x], attrs) => norm(x!, { ...reduction(attrs), p: Infinity }),
  argmax: ([x], attrs) => argmax(x!, position(attrs)),
  argmin: ([x], attrs) => argmin(x!, position(attrs)),
  matmul: binary(matmul),
  outer: binary(outer),
  einsum: (xs, { equation }) => einsum(equation!, ...xs),
  transpose: ([x], { axes }) => (axes === undefined ? transpose(x!) : permute(x!, axes)),
  permute: ([x], { axes }) => permute(x!, axes!),
  reshape: ([x], { shape, pre }) => reshape(permuted(x!, pre), shape!),
  broadcast_to: ([x], { shape }) => broadcastTo(x!, shape!),
  slice: ([x], { start = [], stop = [], step = [] }) =>
    slice(
      x!,
      x!.shape.map((_, k) => ({ start: start[k], stop: stop[k], step: step[k] })),
    ),
  flip: ([x], { axes }) => flip(x!, axes),
  roll: ([x], { shift, axis }) => roll(x!, shift!, given('axis', axis)),
  concat: (xs, attrs) => concat(xs, alone(attrs)),
  stack: (xs, attrs) => stack(xs, alone(attrs)),
  split: ([x], attrs) => split(x!, attrs.sizes!, alone(attrs)),
  tile: ([x], { reps }) => tile(x!, reps!),
  pad: ([x], { mode, value, padding }) =>
    pad(x!, padding as readonly (readonly [number, number])[], {
      ...given('mode', mode as PadMode | undefined),
      ...given('value', mode === 'constant' ? value : undefined),
    }),
  gather: ([x, index], attrs) => gather(x!, index!, alone(attrs)),
  scatter_add: ([x, index, src], attrs) => scatterAdd(x!, index!, src!, alone(attrs)),
  index_select: ([x, index], attrs) => indexSelect(x!, index!, alone(attrs)),
  cumsum: ([x], attrs) => cumsum(x!, alone(attrs)),
  cumprod: ([x], attrs) => cumprod(x!, alone(attrs)),
  sort: ([x], attrs) =>
    sorted(sort(x!, { ...alone(attrs), ...given('descending', attrs.descending) })),
  topk: ([x], attrs) =>
    sorted(topk(x!, attrs.k!, { ...alone(attrs), ...given('largest', attrs.largest) })),
  tril: ([x], attrs) => tril(x!, triangle(attrs)),
  triu: ([x], attrs) => triu(x!, triangle(attrs)),
  diag: ([x], attrs) => diag(x!, triangle(attrs)),
  trace: ([x], { offset }) => trace(x!, given('offset', offset)),
};
