import { add, matmul, mul, relu, sigmoid, split, sub, type Tensor, tanh } from '@tikhonov/core';

/** The nonlinearity of a plain recurrent layer. */
export type RnnNonlinearity = 'tanh' | 'relu';

/** The recurrent half of one direction's parameters, ready for many steps. */
export interface RecurrentWeights {
  /** Transposed: `[hiddenSize, gates * hiddenSize]` */
  readonly weight: Tensor;
  /** `[gates * hiddenSize]`; `null` if there is none or the input already holds it. */
  readonly bias: Tensor | null;
}

/**
 * One time step: from `x W_ih^T + b_ih` of the step, `[n, gates * h]`, and the states `[n, h]` to the next
 * states; the first of them is the output.
 */
export type Step = (
  input: Tensor,
  states: readonly Tensor[],
  weights: RecurrentWeights,
) => readonly Tensor[];

/** What tells one kind of recurrent layer from another. */
export interface RecurrentKind {
  readonly name: string;
  readonly gates: number;
  readonly states: 1 | 2;
  readonly step: Step;
  /** Whether the recurrent bias is simply added to the input's, so that it can be added once. */
  readonly joinsBiases: boolean;
}

const recurrent = (h: Tensor, { weight, bias }: RecurrentWeights): Tensor => {
  const product = matmul(h, weight);
  return bias === null ? product : add(product, bias);
};

const gates = (x: Tensor, count: number): Tensor[] => split(x, x.shape[1]! / count, { axis: 1 });

/** `h' = f(x W_ih^T + b_ih + h W_hh^T + b_hh)`. */
const rnnStep = (nonlinearity: RnnNonlinearity): Step => {
  const f = nonlinearity === 'relu' ? relu : tanh;
  return (input, [h], weights) => [f(add(input, recurrent(h!, weights)))];
};

/**
 * With the gates in the order `r`, `z`, `n`: `r = sigmoid(..)`, `z = sigmoid(..)`,
 * `n = tanh(x_n + r (h W_hn^T + b_hn))`, `h' = (1 - z) n + z h`.
 */
const gruStep: Step = (input, [h], weights) => {
  const [xr, xz, xn] = gates(input, 3);
  const [hr, hz, hn] = gates(recurrent(h!, weights), 3);
  const r = sigmoid(add(xr!, hr!));
  const z = sigmoid(add(xz!, hz!));
  const n = tanh(add(xn!, mul(r, hn!)));
  // (1 - z) n + z h with one product less.
  return [add(n, mul(z, sub(h!, n)))];
};

/**
 * With the gates in the order `i`, `f`, `g`, `o`: `c' = sigmoid(f) c + sigmoid(i) tanh(g)`,
 * `h' = sigmoid(o) tanh(c')`.
 */
const lstmStep: Step = (input, [h, c], weights) => {
  const [i, f, g, o] = gates(add(input, recurrent(h!, weights)), 4);
  const next = add(mul(sigmoid(f!), c!), mul(sigmoid(i!), tanh(g!)));
  return [mul(sigmoid(o!), tanh(next)), next];
};

/** Plain recurrence; a TypeError for another nonlinearity. */
export const rnnKind = (name: string, nonlinearity: RnnNonlinearity): RecurrentKind => {
  if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
    throw new TypeError(
      `${name}: nonlinearity must be 'tanh' or 'relu', got "${String(nonlinearity)}".`,
    );
  }
  return { name, gates: 1, states: 1, step: rnnStep(nonlinearity), joinsBiases: true };
};

/** Gated recurrent units. */
export const gruKind = (name: string): RecurrentKind => ({
  name,
  gates: 3,
  states: 1,
  step: gruStep,
  joinsBiases: false,
});

/** Long short-term memory. */
export const lstmKind = (name: string): RecurrentKind => ({
  name,
  gates: 4,
  states: 2,
  step: lstmStep,
  joinsBiases: true,
});
