import {
  abs,
  add,
  argmax,
  argmin,
  astype,
  broadcastTo,
  clamp,
  concat,
  cos,
  div,
  exp,
  expandDims,
  expm1,
  flip,
  floor,
  gather,
  greater,
  indexSelect,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  logsumexp,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  neg,
  norm,
  pad,
  permute,
  pow,
  relu,
  reshape,
  scatterAdd,
  sigmoid,
  sign,
  sin,
  slice,
  softmax,
  softplus,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  variance,
  where,
} from '@tikhonov/core';

/** Arguments of an operation as the file names them. */
export interface Attrs {
  readonly axis?: number | readonly number[] | null;
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
  readonly correction?: number;
  readonly p?: number;
  readonly exponent?: number;
  readonly min?: number;
  readonly max?: number;
  readonly shape?: readonly number[];
  readonly start?: readonly number[];
  readonly stop?: readonly (number | null)[];
  readonly step?: readonly number[];
  readonly padding?: readonly (readonly [number, number])[];
  readonly mode?: string;
  readonly value?: number;
  readonly inner?: string;
  readonly pre?: string;
  readonly negativeSlope?: number;
}

/** An operation on a case's inputs; `null` for a variant that this package does not have. */
export type Adapter = (
  inputs: readonly Tensor[],
  attrs: Attrs,
) => Tensor | readonly Tensor[] | null;

const reduction = ({
  axis,
  keepDims,
}: Attrs): { axis?: number | readonly number[]; keepdims: boolean } => ({
  ...(axis === null || axis === undefined ? {} : { axis }),
  keepdims: keepDims ?? false,
});
const alone = ({ axis }: Attrs): { axis: number } => ({ axis: axis as number });
const unary =
  (f: (x: Tensor) => Tensor): Adapter =>
  ([x]) =>
    f(x!);
const binary =
  (f: (x: Tensor, y: Tensor) => Tensor): Adapter =>
  ([x, y]) =>
    f(x!, y!);

function sliced(x: Tensor, { start = [], stop = [], step = [] }: Attrs): Tensor {
  let result = x;
  for (const [k, by] of step.entries()) {
    const n = result.shape[k]!;
    const from = start[k]!;
    const to = stop[k] ?? undefined;
    const range = (first: number, last: number | undefined): (object | null)[] =>
      result.shape.map((_, axis) =>
        axis === k
          ? { start: first, step: Math.abs(by), ...(last === undefined ? {} : { stop: last }) }
          : null,
      );
    if (by > 0) result = slice(result, range(from, to));
    else {
      result = flip(result, k);
      result = slice(result, range(n - 1 - from, to === undefined ? undefined : n - 1 - to));
    }
  }
  return result;
}

/** The operations of `ops.json` that this package has, or that are one line of those it has. */
export const adapters: Readonly<Record<string, Adapter>> = {
  exp: unary(exp),
  log: unary(log),
  log2: unary((x) => div(log(x), Math.LN2)),
  log10: unary((x) => div(log(x), Math.LN10)),
  log1p: unary(log1p),
  expm1: unary(expm1),
  sqrt: unary(sqrt),
  rsqrt: unary((x) => div(1, sqrt(x))),
  square: unary(square),
  reciprocal: unary((x) => div(1, x)),
  neg: unary(neg),
  tanh: unary(tanh),
  sinh: unary((x) => div(sub(exp(x), exp(neg(x))), 2)),
  cosh: unary((x) => div(add(exp(x), exp(neg(x))), 2)),
  sigmoid: unary(sigmoid),
  log_sigmoid: unary(logSigmoid),
  softplus: unary(softplus),
  relu: unary(relu),
  silu: unary((x) => mul(x, sigmoid(x))),
  mish: unary((x) => mul(x, tanh(softplus(x)))),
  softsign: unary((x) => div(x, add(abs(x), 1))),
  leaky_relu: ([x], { negativeSlope }) => where(greater(x!, 0), x!, mul(x!, negativeSlope!)),
  abs: unary(abs),
  sin: unary(sin),
  cos: unary(cos),
  tan: unary((x) => div(sin(x), cos(x))),
  sign: unary(sign),
  floor: unary(floor),
  ceil: unary((x) => neg(floor(neg(x)))),
  pow_scalar: ([x], { exponent }) => pow(x!, exponent!),
  clamp: ([x], { min: low, max: high }) =>
    clamp(x!, {
      ...(low === undefined ? {} : { min: low }),
      ...(high === undefined ? {} : { max: high }),
    }),
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div),
  pow: binary(pow),
  maximum: binary(maximum),
  minimum: binary(minimum),
  where: ([c, x, y], { inner }) => where(astype(c!, 'bool'), inner === 'log(a)' ? log(x!) : x!, y!),
  masked_fill: ([x, mask], { value }) => where(astype(mask!, 'bool'), value!, x!),
  lerp: ([a, b, w]) => add(a!, mul(w!, sub(b!, a!))),
  sum: ([x], attrs) => sum(x!, reduction(attrs)),
  mean: ([x], attrs) => mean(x!, reduction(attrs)),
  var: ([x], attrs) => variance(x!, { ...reduction(attrs), correction: attrs.correction! }),
  std: ([x], attrs) => sqrt(variance(x!, { ...reduction(attrs), correction: attrs.correction! })),
  max: ([x], attrs) => max(x!, reduction(attrs)),
  min: ([x], attrs) => min(x!, reduction(attrs)),
  logsumexp: ([x], attrs) => logsumexp(x!, reduction(attrs)),
  norm: ([x], attrs) =>
    attrs.p === 2
      ? norm(x!, reduction(attrs))
      : attrs.p === 1
        ? sum(abs(x!), reduction(attrs))
        : pow(sum(pow(abs(x!), attrs.p!), reduction(attrs)), 1 / attrs.p!),
  inf_norm: ([x], attrs) => max(abs(x!), reduction(attrs)),
  frobenius_norm: unary((x) => norm(x)),
  argmax: ([x], attrs) => argmax(x!, alone(attrs)),
  argmin: ([x], attrs) => argmin(x!, alone(attrs)),
  matmul: binary(matmul),
  outer: ([x, y]) => matmul(expandDims(x!, 1), expandDims(y!, 0)),
  linear: ([x, w, b]) => add(matmul(x!, transpose(w!)), b!),
  transpose: unary(transpose),
  permute: ([x], { axes }) => permute(x!, axes!),
  reshape: ([x], { shape, pre }) => reshape(pre === 'permute [1,0]' ? transpose(x!) : x!, shape!),
  broadcast_to: ([x], { shape }) => broadcastTo(x!, shape!),
  slice: ([x], attrs) => sliced(x!, attrs),
  flip: ([x], { axes }) => flip(x!, axes!),
  concat: (xs, attrs) => concat(xs, alone(attrs)),
  stack: (xs, attrs) => stack(xs, alone(attrs)),
  pad: ([x], { mode, value, padding }) =>
    mode === 'constant' ? add(pad(sub(x!, value!), padding!), value!) : null,
  gather: ([x, index], attrs) => gather(x!, index!, alone(attrs)),
  scatter_add: ([x, index, src], attrs) => scatterAdd(x!, index!, src!, alone(attrs)),
  index_select: ([x, index], attrs) => indexSelect(x!, index!, alone(attrs)),
  embedding: ([index, w]) =>
    reshape(indexSelect(w!, reshape(index!, [-1])), [...index!.shape, w!.shape[1]!]),
  softmax: ([x], attrs) => softmax(x!, alone(attrs)),
  log_softmax: ([x], attrs) => logSoftmax(x!, alone(attrs)),
};
