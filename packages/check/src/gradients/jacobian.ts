import { type Cell, jvp, type Tensor, vjp, zerosLike } from '@tikhonov/core';
import { callAt, doubles, like, type PointFunction, unit, valuesOf } from './points.ts';

/** `jacobian[input][output]`, row-major `[size of the output, size of the input]`. */
export type Jacobian = readonly (readonly Float64Array[])[];

const blank = (inputs: readonly Tensor[], outputs: readonly Tensor[]): Float64Array[][] =>
  inputs.map((x) => outputs.map((y) => new Float64Array(x.size * y.size)));

/** By central differences, one coordinate after another. */
export function numericJacobian(
  point: PointFunction,
  outputs: readonly Tensor[],
  eps: number,
): Jacobian {
  const base = valuesOf(point.inputs);
  const jacobian = blank(base, outputs);
  for (const [k, x] of base.entries()) {
    const data = doubles(x);
    for (let j = 0; j < data.length; j++) {
      const moved = (to: number): readonly Tensor[] => {
        const copy = data.slice();
        copy[j] = to;
        return callAt(
          point,
          base.map((value, i) => (i === k ? like(x, copy) : value)),
        );
      };
      const [high, low] = [data[j]! + eps, data[j]! - eps];
      const [above, below] = [moved(high), moved(low)];
      for (const [o, y] of outputs.entries()) {
        const [up, down] = [doubles(above[o]!), doubles(below[o]!)];
        for (let i = 0; i < y.size; i++) {
          // The step that was taken, which rounding makes differ from 2 eps.
          jacobian[k]![o]![i * data.length + j] = (up[i]! - down[i]!) / (high - low);
        }
      }
    }
  }
  return jacobian;
}

/** Row by row, by pulling back unit cotangents. */
export function reverseJacobian(point: PointFunction): Jacobian {
  const [outputs, pullback] = vjp(
    (...inputs: readonly (Tensor | Cell)[]) => point.call(inputs),
    point.inputs,
  );
  const base = valuesOf(point.inputs);
  const jacobian = blank(base, outputs);
  for (const [o, y] of outputs.entries()) {
    for (let i = 0; i < y.size; i++) {
      const gs = outputs.map((other, at) => (at === o ? unit(y, i) : zerosLike(other)));
      const rows: readonly Tensor[] = pullback(gs);
      for (const [k, row] of rows.entries()) {
        jacobian[k]![o]!.set(doubles(row), i * base[k]!.size);
      }
    }
  }
  return jacobian;
}

/** Column by column, by pushing unit tangents forward. */
export function forwardJacobian(point: PointFunction, outputs: readonly Tensor[]): Jacobian {
  const base = valuesOf(point.inputs);
  const jacobian = blank(base, outputs);
  for (const [k, x] of base.entries()) {
    for (let j = 0; j < x.size; j++) {
      const tangents = base.map((other, at) => (at === k ? unit(x, j) : zerosLike(other)));
      const [, along] = jvp(
        (...inputs: readonly (Tensor | Cell)[]) => point.call(inputs),
        point.inputs,
        tangents,
      );
      for (const [o, y] of along.entries()) {
        const column = doubles(y);
        for (let i = 0; i < column.length; i++) {
          jacobian[k]![o]![i * x.size + j] = column[i]!;
        }
      }
    }
  }
  return jacobian;
}
