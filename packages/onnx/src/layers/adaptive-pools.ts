import type { OutputSize } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import { mapTrials, type OnnxValue, type Trials } from '../values.ts';
import { batched } from './spatial.ts';

type Kind = 'Average' | 'Max';

function writeAdaptive(
  kind: Kind,
  axes: number,
  outputSize: OutputSize,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  return batched(x, axes, scope, (input, output) => {
    const sizes: readonly (number | null)[] =
      typeof outputSize === 'number' || outputSize === null
        ? new Array<number | null>(axes).fill(outputSize)
        : outputSize;
    if (sizes.every((size) => size === 1)) {
      return scope.op(`Global${kind}Pool`, [input], {}, { trials: output });
    }
    const count = sizes.map((size, k) => size ?? input.shape[2 + k]!);
    const extent = input.shape.slice(2);
    // An axis that keeps its size is not pooled, whatever the size is.
    if (sizes.every((size) => size === null)) return input;
    const known = extent.map((size) => size ?? unknownSize(scope));
    if (known.every((n, k) => n % count[k]! === 0)) {
      const bins = known.map((n, k) => n / count[k]!);
      const attributes = { kernel_shape: bins, strides: bins };
      return scope.op(`${kind}Pool`, [input], attributes, { trials: output });
    }
    return count.reduce((y, n, k) => writeBins(kind, k, axes, n, known[k]!, y, scope), input);
  });
}

const unknownSize = (scope: OnnxScope): never =>
  scope.fail(
    'its bins depend on a spatial size that varies',
    'Give the spatial axes fixed sizes in inputShape, or pool to size 1.',
  );

/** Where each bin starts and stops: bins overlap where their number does not divide the size. */
const binsOf = (n: number, count: number): readonly (readonly [number, number])[] =>
  Array.from({ length: count }, (_, i) => [
    Math.floor((i * n) / count),
    Math.ceil(((i + 1) * n) / count),
  ]);

/** Bins of different sizes along one spatial axis. */
function writeBins(
  kind: Kind,
  k: number,
  axes: number,
  count: number,
  n: number,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  if (count === n) return x;
  const bins = binsOf(n, count);
  const axis = 2 + k;
  const trials: Trials = mapTrials(x.trials, (sizes) => sizes.with(axis, count));
  if (kind === 'Average') {
    const matrix = bins.flatMap(([start, stop]) =>
      Array.from({ length: n }, (_, at) => (at >= start && at < stop ? 1 / (stop - start) : 0)),
    );
    if (k < axes - 1) {
      // A product from the left goes along the last axis but one.
      const left = scope.constant(matrix, [count, n], scope.dtype);
      return scope.op('MatMul', [left, x], {}, { trials });
    }
    const turned = Array.from({ length: n * count }, (_, i) => {
      const [row, column] = [Math.floor(i / count), i % count];
      return matrix[column * n + row]!;
    });
    const right = scope.constant(turned, [n, count], scope.dtype);
    return scope.op('MatMul', [x, right], {}, { trials });
  }
  const longest = Math.max(...bins.map(([start, stop]) => stop - start));
  // Shorter bins repeat an element, which changes no maximum.
  const places = bins.flatMap(([start, stop]) =>
    Array.from({ length: longest }, (_, i) => Math.min(start + i, stop - 1)),
  );
  const picked = scope.op(
    'Gather',
    [x, scope.constant(places, [count, longest], 'int64')],
    { axis },
    { trials: mapTrials(trials, (sizes) => sizes.toSpliced(axis + 1, 0, longest)) },
  );
  const kept = mapTrials(trials, (sizes) => sizes.toSpliced(axis + 1, 0, 1));
  return scope.squeeze(scope.reduce('ReduceMax', picked, [axis + 1], kept), axis + 1);
}

/** Adaptive pools. */
export const adaptivePools = (): readonly OnnxLayer[] => {
  const layer = (layerClass: typeof nn.AdaptiveAvgPool1d, kind: Kind, axes: number): OnnxLayer =>
    onnxLayer(layerClass, ({ outputSize }, x, scope) =>
      writeAdaptive(kind, axes, outputSize, x, scope),
    );
  return [
    layer(nn.AdaptiveAvgPool1d, 'Average', 1),
    layer(nn.AdaptiveAvgPool2d, 'Average', 2),
    layer(nn.AdaptiveMaxPool1d, 'Max', 1),
    layer(nn.AdaptiveMaxPool2d, 'Max', 2),
  ];
};
