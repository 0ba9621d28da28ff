import { type CreateOptions, defaultFloat, tensor } from './create.ts';
import { integerList } from './integers.ts';
import { requireOptions } from './options.ts';
import type { Tensor } from './tensor.ts';

const dtypeOnly = { dtype: true } as const;

/** `count` evenly spaced numbers; both ends are exact, because each half counts from its own end. */
function spaced(name: string, start: number, stop: number, count: number): number[] {
  if (!Number.isFinite(start) || !Number.isFinite(stop)) {
    throw new RangeError(`${name}: start and stop must be finite, got ${start} and ${stop}.`);
  }
  integerList(name, 'count', [count], 0);
  const gaps = Math.max(1, count - 1);
  // The difference of two huge numbers overflows; that of their parts does not.
  const step = Number.isFinite(stop - start) ? (stop - start) / gaps : stop / gaps - start / gaps;
  return Array.from({ length: count }, (_, i) =>
    2 * i < count ? start + i * step : stop - (gaps - i) * step,
  );
}

/**
 * `count` evenly spaced numbers from `start` to `stop`, both included. `[count]`.
 *
 * @param options  `dtype` @defaultValue 'float32'
 * @throws RangeError for ends that are not finite or a count that is not an integer >= 0
 * @example
 * ```ts
 * linspace(0, 1, 5).toArray(); // => [0, 0.25, 0.5, 0.75, 1]
 * ```
 */
export function linspace(
  start: number,
  stop: number,
  count: number,
  options: CreateOptions = {},
): Tensor {
  requireOptions('linspace', options, dtypeOnly);
  return tensor(spaced('linspace', start, stop, count), {
    dtype: options.dtype ?? defaultFloat,
    shape: [count],
  });
}

/**
 * `count` numbers from `base ** start` to `base ** stop`, both included, evenly spaced on a logarithmic
 * scale. `[count]`.
 *
 * @param options  `base` @defaultValue 10; `dtype` @defaultValue 'float32'
 * @throws RangeError for exponents that are not finite, a count that is not an integer >= 0, or a base
 * that is not > 0
 * @example
 * ```ts
 * logspace(-1, 2, 4).toArray(); // => [0.1, 1, 10, 100]
 * ```
 */
export function logspace(
  start: number,
  stop: number,
  count: number,
  options: CreateOptions & { readonly base?: number } = {},
): Tensor {
  requireOptions('logspace', options, { base: true, dtype: true });
  const { base = 10, dtype = defaultFloat } = options;
  if (!(base > 0 && base < Infinity)) {
    throw new RangeError(`logspace: base must be finite and > 0, got ${base}.`);
  }
  const values = spaced('logspace', start, stop, count).map((exponent) => base ** exponent);
  return tensor(values, { dtype, shape: [count] });
}
