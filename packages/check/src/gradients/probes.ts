import { mul, neg, random, type Shape, sum, type Tensor, where } from '@tikhonov/core';
import { callAt, doubles, like, type PointFunction, valuesOf } from './points.ts';
import { positionOf } from './report.ts';

/** One way to move one input: along a coordinate, or along a random direction of signs. */
export interface Probe {
  /** Which input. */
  readonly k: number;
  /** The input's name, with the direction's number if it is one. */
  readonly name: string;
  /** The coordinate, or `null` for a direction. */
  readonly at: number | null;
  readonly position: readonly number[];
  /** Unit vector or signs, of the input's size. */
  readonly direction: () => Float64Array;
}

/**
 * Every coordinate of every input; for inputs of more than `samples` elements so many random
 * directions instead, each of which moves every element by plus or minus the step.
 */
export function probesOf(point: PointFunction, samples: number, seed: number): Probe[] {
  const key = random.foldIn(random.key(seed), 'directions');
  return valuesOf(point.inputs).flatMap((x, k): Probe[] => {
    const name = point.inputNames[k]!;
    if (x.size <= samples) {
      return Array.from({ length: x.size }, (_, at) => ({
        k,
        name,
        at,
        position: positionOf(at, x.shape),
        direction: () => Float64Array.from({ length: x.size }, (_x, i) => Number(i === at)),
      }));
    }
    return Array.from({ length: samples }, (_, n) => ({
      k,
      name: `random direction ${n} of ${name}`,
      at: null,
      position: [],
      direction: () => {
        const own = random.foldIn(random.foldIn(key, k), n);
        return Float64Array.from(random.bernoulli(own, [x.size], 0.5).data(), (b) => 2 * b - 1);
      },
    }));
  });
}

/** The outputs after a step along a probe, and the step that rounding left of it. */
export interface Sample {
  readonly step: number;
  readonly outputs: readonly Float64Array[];
}

/** The function on the line through its point along a probe; samples are kept. */
export function lineThrough(
  point: PointFunction,
  base: readonly Tensor[],
  probe: Probe,
): (step: number) => Sample {
  const x = base[probe.k]!;
  const data = doubles(x);
  const direction = probe.at === null ? probe.direction() : null;
  const kept = new Map<number, Sample>();
  return (step) => {
    const known = kept.get(step);
    if (known !== undefined) return known;
    const moved = data.slice();
    let taken = step;
    if (probe.at === null)
      for (let i = 0; i < moved.length; i++) moved[i]! += step * direction![i]!;
    else {
      moved[probe.at]! += step;
      taken = moved[probe.at]! - data[probe.at]!;
    }
    const at = base.map((value, i) => (i === probe.k ? like(x, moved) : value));
    const sample = { step: taken, outputs: callAt(point, at).map(doubles) };
    kept.set(step, sample);
    return sample;
  };
}

/**
 * The function with every output of more than `samples` elements replaced by a random combination of
 * its elements: a pullback then costs one call, whatever the size.
 */
export function projected(point: PointFunction, samples: number, seed: number): PointFunction {
  if (samples === Infinity) return point;
  const key = random.foldIn(random.key(seed), 'projections');
  let large: readonly boolean[] = [];
  return {
    ...point,
    call: (inputs) => {
      const outputs = point.call(inputs);
      large = outputs.map(({ size }) => size > samples);
      return outputs.map((y, o) => {
        if (!large[o]) return y;
        return sum(mul(y, weightsOf(random.foldIn(key, o), y.shape)));
      });
    },
    outputNames: (count) =>
      point
        .outputNames(count)
        .map((name, o) => (large[o] === true ? `random combination of ${name}` : name)),
  };
}

/** Weights of either sign between 1/2 and 1: none so small that it hides an element. */
function weightsOf(key: Tensor, shape: Shape): Tensor {
  const [a, b] = random.split(key);
  const size = random.uniform(a!, shape, { min: 0.5, max: 1, dtype: 'float64' });
  return where(random.bernoulli(b!, shape, 0.5), size, neg(size));
}
