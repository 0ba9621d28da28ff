import { type Cell, jvp, type Tensor, vjp, zerosLike } from '@tikhonov/core';
import { doubles, like, type PointFunction, unit, valuesOf } from './points.ts';
import type { Probe } from './probes.ts';
import type { Mode } from './report.ts';

/** The derivative of every output, flat, along a probe. */
export type Along = (probe: Probe) => readonly Float64Array[];

/** By the rules. */
export const analyticAlong = (mode: Mode, point: PointFunction): Along =>
  mode === 'reverse' ? reverseAlong(point) : forwardAlong(point);

/** Rows of the Jacobian, pulled back from unit cotangents once and then read along each probe. */
function reverseAlong(point: PointFunction): Along {
  const [outputs, pullback] = vjp(
    (...inputs: readonly (Tensor | Cell)[]) => point.call(inputs),
    point.inputs,
  );
  const rows = outputs.map((y, o) =>
    Array.from({ length: y.size }, (_, i) => {
      const gs = outputs.map((other, at) => (at === o ? unit(y, i) : zerosLike(other)));
      const row: readonly Tensor[] = pullback(gs);
      return row.map(doubles);
    }),
  );
  return ({ k, at, direction }) => {
    const v = at === null ? direction() : null;
    return rows.map((list) =>
      Float64Array.from(list, (row) => (v === null ? row[k]![at!]! : dot(row[k]!, v))),
    );
  };
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
};

/** Columns of the Jacobian, one push forward per probe. */
function forwardAlong(point: PointFunction): Along {
  const base = valuesOf(point.inputs);
  return ({ k, direction }) => {
    const tangents = base.map((x, i) => (i === k ? like(x, direction()) : zerosLike(x)));
    const [, slopes] = jvp(
      (...inputs: readonly (Tensor | Cell)[]) => point.call(inputs),
      point.inputs,
      tangents,
    );
    return (slopes as readonly Tensor[]).map(doubles);
  };
}
