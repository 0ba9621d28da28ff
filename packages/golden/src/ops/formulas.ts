import {
  add,
  arange,
  conv2d,
  cumsum,
  div,
  einsum,
  erf,
  exp,
  eye,
  full,
  gelu,
  grad,
  hvp,
  indexSelect,
  linalg,
  log,
  logSoftmax,
  logsumexp,
  matmul,
  maximum,
  mul,
  neg,
  norm,
  pow,
  prod,
  sigmoid,
  sin,
  softmax,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  variance,
} from '@tikhonov/core';
import {
  batchNorm,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  layerNorm,
  linear,
} from '@tikhonov/nn';

/** A scalar function of a case's inputs. */
export type Formula = (...inputs: readonly Tensor[]) => Tensor;

/** `x x^T + 1`. */
const gram = (x: Tensor): Tensor =>
  add(matmul(x, transpose(x)), eye(x.shape[0]!, { dtype: x.dtype }));
const int = (values: readonly number[]): Tensor => tensor(values, { dtype: 'int32' });

/** The formulas of `ops.json`'s second-order cases that this package can state. */
export const formulas: Readonly<Record<string, Formula>> = {
  exp_sum: (x) => sum(exp(x!)),
  log_sum: (x) => sum(mul(x!, log(x!))),
  logsumexp: (x) => logsumexp(x!),
  softmax_ce: (x, w, b) => {
    const logits = linear(x!, w!, b!);
    const [n, classes] = logits.shape as [number, number];
    return crossEntropy(logits, int(Array.from({ length: n }, (_, i) => i % classes)));
  },
  tanh_mlp: (x, w1, w2) => sum(square(matmul(tanh(matmul(x!, transpose(w1!))), transpose(w2!)))),
  sigmoid_bce: (x) =>
    binaryCrossEntropyWithLogits(x!, full(x!.shape, 0.3, { dtype: x!.dtype }), {
      reduction: 'sum',
    }),
  matmul_quadratic: (a, b) => div(sum(square(matmul(a!, b!))), 2),
  div: (x, y) => sum(div(x!, add(square(y!), 1))),
  pow: (x, y) => sum(pow(x!, y!)),
  norm2: (x) => norm(x!),
  var: (x) => sum(square(variance(x!, { axis: 1, correction: 1 }))),
  layer_norm: (x, gamma) =>
    sum(sin(layerNorm(x!, { normalizedShape: x!.shape.slice(-1), weight: gamma!, eps: 1e-5 }))),
  batch_norm: (x) => sum(tanh(batchNorm(x!, { training: true, eps: 1e-5 }))),
  softmax_entropy: (x) => neg(sum(mul(softmax(x!), logSoftmax(x!)))),
  maximum_smooth: (x, y) => sum(maximum(square(x!), pow(y!, 3))),
  conv2d: (x, w) => sum(square(tanh(conv2d(x!, w!, { padding: 1 })))),
  einsum: (x, a) => einsum('i,ij,jk,k->', x!, a!, a!, x!),
  prod: (x) => prod(x!),
  gelu: (x, y) => sum(mul(gelu(x!), y!)),
  erf_cumsum: (x) => sum(erf(cumsum(x!, { axis: 0 }))),
  logdet: (x) => linalg.slogdet(gram(x!)).logabsdet,
  inverse: (x) => sum(linalg.inverse(gram(x!))),
  cholesky: (x) => {
    const rows = arange(1, x!.shape[0]! + 1, { dtype: x!.dtype }).reshape([-1, 1]);
    return sum(mul(square(linalg.cholesky(gram(x!))), rows));
  },
  sigma_max: (x) => linalg.spectralNorm(x!),
  gather_square: (x) => sum(pow(indexSelect(x!, int([0, 1, 0])), 3)),
  input_gradient_penalty: (x, w1, w2) => {
    const f = (at: Tensor): Tensor => sum(matmul(tanh(matmul(at, transpose(w1!))), transpose(w2!)));
    return sum(square(grad(f)(x!)));
  },
  weight_gradient_penalty: (x, w) => {
    const f = (at: Tensor): Tensor => sum(square(sigmoid(matmul(x!, transpose(at)))));
    return add(f(w!), mul(0.25, sum(square(grad(f)(w!)))));
  },
};

/** Hessian-vector product in the plain form, for all inputs at once. */
export const hessianTimes = (
  f: Formula,
  inputs: readonly Tensor[],
  v: readonly Tensor[],
): readonly Tensor[] => hvp(f, inputs, v);
