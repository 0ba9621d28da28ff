import {
  add,
  div,
  exp,
  gather,
  grad,
  hvp,
  indexSelect,
  log,
  logSoftmax,
  logsumexp,
  matmul,
  maximum,
  mean,
  mul,
  neg,
  norm,
  pow,
  sigmoid,
  sin,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  variance,
} from '@tikhonov/core';

/** A scalar function of a case's inputs. */
export type Formula = (...inputs: readonly Tensor[]) => Tensor;

const int = (values: readonly number[]): Tensor => tensor(values, { dtype: 'int32' });
const normalized = (x: Tensor, axis: number): Tensor =>
  div(
    sub(x, mean(x, { axis, keepdims: true })),
    sqrt(add(variance(x, { axis, keepdims: true, correction: 0 }), 1e-5)),
  );

/** The formulas of `ops.json`'s second-order cases that this package can state. */
export const formulas: Readonly<Record<string, Formula>> = {
  exp_sum: (x) => sum(exp(x!)),
  log_sum: (x) => sum(mul(x!, log(x!))),
  logsumexp: (x) => logsumexp(x!),
  softmax_ce: (x, w, b) => {
    const scores = logSoftmax(add(matmul(x!, transpose(w!)), b!));
    const [n, classes] = scores.shape as [number, number];
    const labels = int(Array.from({ length: n }, (_, i) => i % classes)).reshape([n, 1]);
    return neg(mean(gather(scores, labels, { axis: 1 })));
  },
  tanh_mlp: (x, w1, w2) => sum(square(matmul(tanh(matmul(x!, transpose(w1!))), transpose(w2!)))),
  sigmoid_bce: (x) => sum(sub(softplus(x!), mul(x!, 0.3))),
  matmul_quadratic: (a, b) => div(sum(square(matmul(a!, b!))), 2),
  div: (x, y) => sum(div(x!, add(square(y!), 1))),
  pow: (x, y) => sum(pow(x!, y!)),
  norm2: (x) => norm(x!),
  var: (x) => sum(square(variance(x!, { axis: 1, correction: 1 }))),
  layer_norm: (x, gamma) => sum(sin(mul(normalized(x!, -1), gamma!))),
  batch_norm: (x) => sum(tanh(normalized(x!, 0))),
  softmax_entropy: (x) => neg(sum(mul(softmax(x!), logSoftmax(x!)))),
  maximum_smooth: (x, y) => sum(maximum(square(x!), pow(y!, 3))),
  einsum: (x, a) => matmul(matmul(matmul(x!, a!), a!), x!),
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
