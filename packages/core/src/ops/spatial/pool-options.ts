import { asTensor, type TensorLike } from '../../as-tensor.ts';
import { requireFloating } from '../../avals.ts';
import { ShapeError, showShape } from '../../errors.ts';
import type { Tensor } from '../../tensor.ts';
import {
  axesText,
  countWindows,
  type Padding,
  type PaddingPairs,
  type PerAxis,
  paddingPairs,
  perAxis,
  requireFlag,
  spanOf,
} from './options.ts';

/** What all pools take. */
export interface PoolOptions {
  /** Size of a window. */
  readonly kernelSize: PerAxis;
  /** From one window to the next. @defaultValue kernelSize */
  readonly stride?: PerAxis;
  /** Positions around the input: a number, one per axis, or `[before, after]` per axis. @defaultValue 0 */
  readonly padding?: Padding;
  /**
   * Whether a last window that reaches beyond the padded input counts, if it begins in the input or the
   * padding before it. @defaultValue false
   */
  readonly ceilMode?: boolean;
}

/** Windows of a pool on every axis. */
export interface PoolWindows {
  readonly extent: readonly number[];
  readonly count: readonly number[];
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: PaddingPairs;
}

/** The checked options of a pool over the last `axes` axes of `x`. */
export function poolWindows(
  name: string,
  axes: number,
  x: Tensor,
  options: PoolOptions & { readonly dilation?: PerAxis },
): PoolWindows {
  const size = perAxis(name, 'kernelSize', options.kernelSize, axes, 1);
  const stride = perAxis(name, 'stride', options.stride ?? size, axes, 1);
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, axes, 1);
  const padding = paddingPairs(name, options.padding ?? 0, axes);
  requireFlag(name, 'ceilMode', options.ceilMode);
  const extent = x.shape.slice(x.rank - axes);
  const span = spanOf(size, dilation);
  const whole = countWindows(name, extent, padding, span, stride);
  const count = whole.map((n, k) => {
    const next = n * stride[k]!;
    const [before, after] = padding[k]!;
    // A window more, if something is left over and it does not begin in the padding behind.
    const left = next - stride[k]! + span[k]! < extent[k]! + before + after;
    return options.ceilMode === true && left && next < extent[k]! + before ? n + 1 : n;
  });
  return { extent, count, size, stride, dilation, padding };
}

/** What to put around the input so that the windows lie inside; those of ceilMode reach past the padding. */
export function reachOf(windows: PoolWindows): PaddingPairs {
  const { extent, count, size, stride, dilation, padding } = windows;
  const span = spanOf(size, dilation);
  return padding.map(([before, after], k) => {
    const used = (count[k]! - 1) * stride[k]! + span[k]!;
    return [before, Math.max(after, used - before - extent[k]!)];
  });
}

/** The input of a pool, `[..., C, ...spatial]`. */
export function pooled(name: string, x: TensorLike, axes: number): Tensor {
  const source = asTensor(x, name);
  requireFloating(name, source.dtype);
  if (source.rank <= axes) {
    throw new ShapeError(
      `${name}: x must be [N, C, ${axesText(axes)}] or [C, ${axesText(axes)}], got shape ${showShape(source.shape)}.\n` +
        '  Insert the missing axes with reshape or expandDims.',
    );
  }
  return source;
}

/**
 * For one axis, where each element of each window lies in the input, `[count][size]`; -1 outside.
 */
export function axisPlaces(windows: PoolWindows, axis: number): number[][] {
  const { extent, count, size, stride, dilation, padding } = windows;
  return Array.from({ length: count[axis]! }, (_, i) =>
    Array.from({ length: size[axis]! }, (_, k) => {
      const at = i * stride[axis]! + k * dilation[axis]! - padding[axis]![0];
      return at >= 0 && at < extent[axis]! ? at : -1;
    }),
  );
}

/** Throws if a window holds nothing of the input. */
export function requireElements(name: string, places: readonly (readonly number[])[]): void {
  const empty = places.findIndex((window) => window.every((at) => at < 0));
  if (empty >= 0) {
    throw new RangeError(
      `${name}: window ${empty} of ${places.length} lies wholly in the padding.\n` +
        '  Take less padding: at most half a kernel is safe.',
    );
  }
}
