import type { AvgPoolOptions, MaxPoolOptions } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import type { OnnxValue, Trials } from '../values.ts';
import { batched, padsOf, perAxis } from './spatial.ts';

/** The windows of a pool. */
interface Windows {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly before: readonly number[];
  /** As given. */
  readonly after: readonly number[];
  /** So that the last window of `ceilMode` lies inside; then there is nothing to round up. */
  readonly reach: readonly number[];
  /** Whether that depends on sizes that vary. */
  readonly varies: boolean;
}

function windowsOf(axes: number, options: MaxPoolOptions, x: OnnxValue, output: Trials): Windows {
  const size = perAxis(options.kernelSize, axes);
  const dilation = perAxis(options.dilation ?? 1, axes);
  const stride = perAxis(options.stride ?? size, axes);
  const { before, after } = padsOf(options.padding ?? 0, size, dilation);
  const reaches = [0, 1].map((trial) =>
    size.map((n, k) => {
      const count = output[trial]![2 + k]!;
      const used = (count - 1) * stride[k]! + (n - 1) * dilation[k]! + 1;
      return Math.max(after[k]!, used - before[k]! - x.trials[trial]![2 + k]!);
    }),
  );
  const [reach, other] = options.ceilMode === true ? reaches : [after, after];
  const open = x.shape.slice(2).includes(null) && options.ceilMode === true;
  const varies = open || String(reach) !== String(other);
  return { size, stride, dilation, before, after, reach: reach!, varies };
}

function writeMaxPool(
  axes: number,
  options: MaxPoolOptions,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  return batched(x, axes, scope, (input, output) => {
    const windows = windowsOf(axes, options, input, output);
    requireFixed(windows, scope);
    const { size, stride, dilation, before, reach } = windows;
    const attributes = {
      kernel_shape: size,
      strides: stride,
      dilations: dilation,
      pads: [...before, ...reach],
    };
    return scope.op('MaxPool', [input], attributes, { trials: output });
  });
}

function writeAvgPool(
  axes: number,
  options: AvgPoolOptions,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  return batched(x, axes, scope, (input, output) => {
    const windows = windowsOf(axes, options, input, output);
    requireFixed(windows, scope);
    const { size, stride, before, after, reach } = windows;
    const { countIncludePad = true, divisorOverride } = options;
    const partial = String(reach) !== String(after);
    const attributes = { kernel_shape: size, strides: stride, pads: [...before, ...reach] };
    // Runtimes differ in what the last windows of ceilMode count: there, all sizes are known.
    const own = partial && divisorOverride === undefined;
    const average = scope.op(
      'AveragePool',
      [input],
      {
        ...attributes,
        count_include_pad: countIncludePad || own || divisorOverride !== undefined ? 1 : 0,
      },
      { trials: output },
    );
    const whole = size.reduce((product, n) => product * n, 1);
    if (divisorOverride !== undefined) {
      return scope.op('Mul', [average, scope.number(whole / divisorOverride)]);
    }
    if (!own) return average;
    return scope.op('Mul', [average, corrections(windows, input, output, countIncludePad, scope)]);
  });
}

/** By what the mean over whole windows is too small, `[...count]`. */
function corrections(
  { size, stride, before, after }: Windows,
  x: OnnxValue,
  output: Trials,
  withPadding: boolean,
  scope: OnnxScope,
): OnnxValue {
  const dims = output[0].slice(2);
  let factors = [1];
  for (const [k, count] of dims.entries()) {
    const extent = x.trials[0][2 + k]!;
    const [low, high] = withPadding ? [-before[k]!, extent + after[k]!] : [0, extent];
    const ofAxis = Array.from({ length: count }, (_, i) => {
      const start = i * stride[k]! - before[k]!;
      const counted = Math.min(start + size[k]!, high) - Math.max(start, low);
      return size[k]! / counted;
    });
    factors = factors.flatMap((outer) => ofAxis.map((inner) => outer * inner));
  }
  return scope.constant(factors, dims, scope.dtype);
}

function requireFixed({ varies }: Windows, scope: OnnxScope): void {
  if (!varies) return;
  scope.fail(
    'ceilMode pads by an amount that depends on sizes that vary',
    'Give the spatial axes fixed sizes in inputShape, or leave ceilMode off.',
  );
}

/** Pools. */
export const pools = (): readonly OnnxLayer[] => [
  onnxLayer(nn.MaxPool1d, ({ options }, x, scope) => writeMaxPool(1, options, x, scope)),
  onnxLayer(nn.MaxPool2d, ({ options }, x, scope) => writeMaxPool(2, options, x, scope)),
  onnxLayer(nn.AvgPool1d, ({ options }, x, scope) => writeAvgPool(1, options, x, scope)),
  onnxLayer(nn.AvgPool2d, ({ options }, x, scope) => writeAvgPool(2, options, x, scope)),
];
