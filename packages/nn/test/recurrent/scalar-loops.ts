import type { Tensor } from '@tikhonov/core';

// Recurrent layers once more, straight from the equations: scalars, loops, no tensor operations.

type Matrix = readonly (readonly number[])[];

/** Parameters of a direction as nested arrays. */
export interface Direction {
  readonly wIh: Matrix;
  readonly wHh: Matrix;
  readonly bIh: readonly number[];
  readonly bHh: readonly number[];
}

export interface State {
  readonly h: readonly number[];
  readonly c: readonly number[];
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const row = (w: Matrix, b: readonly number[], r: number, x: readonly number[]): number =>
  x.reduce((total, value, k) => total + w[r]![k]! * value, b[r] ?? 0);

/** `(x_t, state) -> state` for each kind; `size` is the hidden size. */
export const cells: Readonly<
  Record<string, (p: Direction, x: readonly number[], s: State, size: number) => State>
> = {
  tanh: (p, x, { h }, size) => {
    const unit = (j: number): number =>
      Math.tanh(row(p.wIh, p.bIh, j, x) + row(p.wHh, p.bHh, j, h));
    return { h: Array.from({ length: size }, (_, j) => unit(j)), c: [] };
  },
  relu: (p, x, { h }, size) => {
    const unit = (j: number): number =>
      Math.max(0, row(p.wIh, p.bIh, j, x) + row(p.wHh, p.bHh, j, h));
    return { h: Array.from({ length: size }, (_, j) => unit(j)), c: [] };
  },
  gru: (p, x, { h }, size) => {
    const unit = (j: number): number => {
      const r = sigmoid(row(p.wIh, p.bIh, j, x) + row(p.wHh, p.bHh, j, h));
      const z = sigmoid(row(p.wIh, p.bIh, size + j, x) + row(p.wHh, p.bHh, size + j, h));
      const n = Math.tanh(
        row(p.wIh, p.bIh, 2 * size + j, x) + r * row(p.wHh, p.bHh, 2 * size + j, h),
      );
      return (1 - z) * n + z * h[j]!;
    };
    return { h: Array.from({ length: size }, (_, j) => unit(j)), c: [] };
  },
  lstm: (p, x, { h, c }, size) => {
    const gate = (k: number, j: number): number =>
      row(p.wIh, p.bIh, k * size + j, x) + row(p.wHh, p.bHh, k * size + j, h);
    const next = c.map(
      (value, j) => sigmoid(gate(1, j)) * value + sigmoid(gate(0, j)) * Math.tanh(gate(2, j)),
    );
    return { h: next.map((value, j) => sigmoid(gate(3, j)) * Math.tanh(value)), c: next };
  },
};

const nested = (x: Tensor): Matrix => x.toArray() as number[][];

/** The parameters of a direction by PyTorch's names. */
export function directionOf(state: Readonly<Record<string, Tensor>>, suffix: string): Direction {
  const bias = (name: string): readonly number[] =>
    (state[`${name}${suffix}`]?.toArray() as number[] | undefined) ?? [];
  return {
    wIh: nested(state[`weight_ih${suffix}`]!),
    wHh: nested(state[`weight_hh${suffix}`]!),
    bIh: bias('bias_ih'),
    bHh: bias('bias_hh'),
  };
}

/** One sequence `[l, in]` through all layers; initial states by layer, then direction. */
export function runSequence(
  kind: string,
  state: Readonly<Record<string, Tensor>>,
  sequence: Matrix,
  initial: readonly State[],
  layers: number,
  bidirectional: boolean,
): { readonly output: Matrix; readonly finals: readonly State[] } {
  const size = initial[0]!.h.length;
  let inputs = sequence;
  const finals: State[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const outputs: number[][] = inputs.map(() => []);
    for (const reverse of bidirectional ? ['', '_reverse'] : ['']) {
      const parameters = directionOf(state, `_l${layer}${reverse}`);
      let now = initial[finals.length]!;
      const order = inputs.map((_, t) => (reverse === '' ? t : inputs.length - 1 - t));
      for (const t of order) {
        now = cells[kind]!(parameters, inputs[t]!, now, size);
        outputs[t]!.push(...now.h);
      }
      finals.push(now);
    }
    inputs = outputs;
  }
  return { output: inputs, finals };
}
