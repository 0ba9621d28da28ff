import type { Padding, PerAxis } from '@tikhonov/core';
import type { OnnxScope } from '../scope.ts';
import type { OnnxValue, Trials } from '../values.ts';
import { mapTrials } from '../values.ts';

/** One number per spatial axis. */
export const perAxis = (value: PerAxis, axes: number): readonly number[] =>
  typeof value === 'number' ? new Array<number>(axes).fill(value) : value;

/** What lies before and after each spatial axis. */
export interface Pads {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The padding as numbers; `'same'` is known for a stride of 1 only, as in core. */
export function padsOf(
  padding: Padding | 'same' | 'valid',
  kernelSize: readonly number[],
  dilation: readonly number[],
): Pads {
  const none = kernelSize.map(() => 0);
  if (padding === 'valid') return { before: none, after: none };
  if (padding === 'same') {
    const total = kernelSize.map((size, k) => (size - 1) * dilation[k]!);
    return {
      before: total.map((n) => Math.floor(n / 2)),
      after: total.map((n) => Math.ceil(n / 2)),
    };
  }
  const pairs = (typeof padding === 'number' ? none.map(() => padding) : padding).map((n) =>
    typeof n === 'number' ? ([n, n] as const) : n,
  );
  return { before: pairs.map(([before]) => before), after: pairs.map(([, after]) => after) };
}

/** Writes what needs a batch axis; a single example gets one, and loses it again. */
export function batched(
  x: OnnxValue,
  axes: number,
  scope: OnnxScope,
  write: (x: OnnxValue, output: Trials) => OnnxValue,
): OnnxValue {
  if (x.shape.length === axes + 2) return write(x, scope.output);
  if (x.shape.length !== axes + 1) {
    return scope.fail(
      `it has an input of ${x.shape.length} axes, of which ${axes} are spatial`,
      'Join the leading axes with Flatten.',
    );
  }
  const output = mapTrials(scope.output, (sizes) => [1, ...sizes]);
  return scope.squeeze(write(scope.unsqueeze(x, 0), output), 0);
}
