import { type Cell, random, type Tensor, vjp } from '@tikhonov/core';
import type { PointFunction } from './points.ts';

/**
 * The function `(x, g) -> pullback(x)(g)` at the point of `f`, whose derivatives are `f`'s of the next
 * order; at random cotangents unless some are given.
 */
export function pullbackOf(
  point: PointFunction,
  seed: number,
  cotangents?: readonly Tensor[],
): PointFunction {
  const outputs = point.call(point.inputs);
  const names = point.outputNames(outputs.length);
  const key = random.key(seed);
  const gs =
    cotangents ??
    outputs.map((y, i) => random.normal(random.foldIn(key, i), y.shape, { dtype: 'float64' }));
  const count = point.inputs.length;
  return {
    inputs: [...point.inputs, ...gs],
    inputNames: [...point.inputNames, ...names.map((name) => `cotangent of ${name}`)],
    call: (all) => {
      const [, pullback] = vjp(
        (...inputs: readonly (Tensor | Cell)[]) => point.call(inputs),
        all.slice(0, count),
      );
      return pullback(all.slice(count) as readonly Tensor[]);
    },
    outputNames: () => point.inputNames.map((name) => `gradient of ${name}`),
  };
}
