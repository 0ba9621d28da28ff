import { ShapeError, Tensor, tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { hintFor, kindOf } from '../kinds.ts';
import type { Metric, RowWeights, StreamingMetric } from '../model.ts';

/** Tensors by name: what a streaming metric knows of some rows. */
export type Statistics = Readonly<Record<string, Tensor>>;

/** A TypeError unless a metric's statistics are tensors by name. */
export function requireStatistics(name: string, value: Statistics): Statistics {
  const isRecord =
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Tensor) &&
    !Array.isArray(value);
  const bad = isRecord ? Object.entries(value).find(([, x]) => !(x instanceof Tensor)) : undefined;
  if (isRecord && bad === undefined) return value;
  const seen = bad === undefined ? kindOf(value) : `{ ${bad[0]}: ${kindOf(bad[1])} }`;
  throw new TypeError(
    `${name}: statistics must return tensors by name, it returned ${seen}.${hintFor(value)}`,
  );
}

/** What the batches' statistics make together. */
export interface StatisticsTotal {
  add(part: Statistics): void;
  /** @throws Error before the first batch */
  value(): Statistics;
}

/** Adds statistics up in float64, or collects them for the metric's own rule. */
export function statisticsTotal(
  name: string,
  combine: StreamingMetric['combine'],
): StatisticsTotal {
  if (combine !== undefined) {
    const parts: Statistics[] = [];
    return { add: (part) => void parts.push(part), value: () => combine(parts) };
  }
  const sums = new Map<
    string,
    { readonly shape: readonly number[]; readonly data: Float64Array }
  >();
  let names: string | null = null;
  return {
    add(part) {
      const own = Object.keys(part).sort().join(', ');
      names ??= own;
      if (own !== names) {
        throw new TypeError(
          `${name}: statistics are ${names} for one batch and ${own} for another.\n  They must have the same names for all.`,
        );
      }
      for (const [key, x] of Object.entries(part)) {
        const sum = sums.get(key);
        if (sum === undefined) sums.set(key, { shape: x.shape, data: Float64Array.from(x.data()) });
        else addTo(`${name}: statistic '${key}'`, sum, x);
      }
    },
    value: () =>
      Object.fromEntries(
        Array.from(sums, ([key, { shape, data }]) => [key, tensor(data).reshape(shape)]),
      ),
  };
}

function addTo(
  name: string,
  sum: { readonly shape: readonly number[]; readonly data: Float64Array },
  x: Tensor,
): void {
  if (showShape(sum.shape) !== showShape(x.shape)) {
    throw new ShapeError(
      `${name} is ${showShape(sum.shape)} for one batch and ${showShape(x.shape)} for another.\n  Sums over rows do not depend on how many there are.`,
    );
  }
  const { data } = sum;
  const values = x.data();
  for (let i = 0; i < data.length; i++) data[i]! += values[i]!;
}

/** Whether a metric is a streaming one. */
export const isStreaming = (metric: unknown): metric is StreamingMetric =>
  typeof metric === 'object' && metric !== null && 'statistics' in metric && 'value' in metric;

/**
 * A metric of some outputs at hand, of either kind.
 *
 * @param metric  a function of outputs and targets, or a streaming metric
 * @param output  `[n, ...]`
 * @param y  targets, as the metric takes them
 * @param options  `sampleWeight`: how much each row counts
 * @returns a number
 * @throws what the metric throws
 * @example
 * ```ts
 * const [output, y] = [tensor([1, 2, 4]), tensor([1, 2, 3])];
 * train.measure(train.meanSquaredError, output, y); // => 1 / 3
 * train.measure(train.r2Score(), output, y); // => 0.5
 * train.measure(train.r2Score(), output, y, { sampleWeight: tensor([1, 1, 0]) }); // => 1
 * ```
 */
export function measure(
  metric: Metric | StreamingMetric,
  output: Tensor,
  y: Tensor,
  options: RowWeights = {},
): number {
  if (typeof metric === 'function') {
    const value = metric(output, y, options);
    return typeof value === 'number' ? value : value.item();
  }
  const total = statisticsTotal('measure', metric.combine?.bind(metric));
  total.add(requireStatistics('measure', metric.statistics(output, y, options)));
  return metric.value(total.value());
}
