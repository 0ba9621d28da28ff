import {
  add,
  broadcastTo,
  DTypeError,
  oneHot,
  onesLike,
  reshape,
  ShapeError,
  square,
  stack,
  Tensor,
  tensor,
  vjp,
  zeros,
} from '@tikhonov/core';
import { kindOf, showShape } from '@tikhonov/core/engine';
import { sumPerSample } from './per-sample.ts';

/** A function of the rows of a batch, `[n, ...] -> [n, ...]`. */
export type BatchFunction = (x: Tensor) => Tensor;

/** What a function makes of a batch, and how cotangents of it are pulled back to the batch. */
export interface Outputs {
  /** `[n, ...]` */
  readonly output: Tensor;
  /** Numbers per sample. */
  readonly count: number;
  /** `v_n^T J_n` of each sample: cotangents of the output's shape to `[n, ...]`. */
  readonly pullback: (v: Tensor) => Tensor;
}

/**
 * Calls the function and makes its Jacobians ready. Pulling back a cotangent differentiates the sum over
 * samples, which is each sample's own derivative where samples do not mix.
 */
export function outputsOf(caller: string, f: BatchFunction, x: Tensor): Outputs {
  const [output, pullback] = vjp((rows: Tensor) => requireRows(caller, f(rows), rows), [x]);
  const count = output.shape.slice(1).reduce((a, b) => a * b, 1);
  return { output, count, pullback: (v) => pullback(v)[0] };
}

function requireRows(caller: string, output: Tensor, x: Tensor): Tensor {
  if (!(output instanceof Tensor) || output.rank === 0 || output.shape[0] !== x.shape[0]) {
    const seen = output instanceof Tensor ? `shape ${showShape(output.shape)}` : kindOf(output);
    throw new ShapeError(
      `${caller}: the function must return one row per sample, [${x.shape[0]}, ...], it returned ${seen}.\n  Leave out the reduction over samples.`,
    );
  }
  if (output.dtype !== x.dtype) {
    throw new DTypeError(`${caller}: the function made ${output.dtype} of ${x.dtype}.`);
  }
  return output;
}

/** The rows of the Jacobians, `v_n^T J_n` for every unit vector `v`: `count` times `[n, ...]`. */
export function jacobianRows({ output, count, pullback }: Outputs): Tensor[] {
  const rows = [output.shape[0]!, count] as const;
  return Array.from({ length: count }, (_, k) => {
    const unit = oneHot(tensor(Int32Array.of(k)), count, { dtype: output.dtype });
    return pullback(reshape(broadcastTo(unit, rows), output.shape));
  });
}

/** `||J_n||_F^2` of each sample, `[n]`. */
export const frobeniusPerSample = (outputs: Outputs): Tensor =>
  jacobianRows(outputs)
    .map((row) => sumPerSample(square(row)))
    .reduce(
      (a, b) => add(a, b),
      zeros([outputs.output.shape[0]!], { dtype: outputs.output.dtype }),
    );

/** The gradients of a scalar function of each sample, `[n, ...]`. */
export function functionGradients(caller: string, f: BatchFunction, x: Tensor): Tensor {
  const { output, count, pullback } = outputsOf(caller, f, x);
  if (count !== 1) {
    throw new ShapeError(
      `${caller}: needs one number per sample, [${x.shape[0]}] or [${x.shape[0]}, 1], got shape ${showShape(output.shape)}.\n  Of several outputs take { kind: 'dirichlet' }.`,
    );
  }
  return pullback(onesLike(output));
}

/** The Jacobians themselves, `[n, count, inputs]`. */
export function jacobians(caller: string, f: BatchFunction, x: Tensor): Tensor {
  const rows = jacobianRows(outputsOf(caller, f, x));
  return stack(
    rows.map((row) => reshape(row, [x.shape[0]!, -1])),
    { axis: 1 },
  );
}
