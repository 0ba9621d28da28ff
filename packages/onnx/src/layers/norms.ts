import { type Cell, ones, zeros } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import { fixed, mapTrials, type OnnxValue } from '../values.ts';

/** A cell, or a constant where there is none. */
function orConstant(
  cell: Cell | null,
  value: 0 | 1,
  dims: readonly number[],
  scope: OnnxScope,
): OnnxValue {
  if (cell !== null) return scope.parameter(cell);
  const data = (value === 0 ? zeros(dims) : ones(dims)).data();
  return scope.constant([...data], dims, scope.dtype);
}

function writeBatchNorm(
  layer: nn.BatchNorm1d | nn.BatchNorm2d,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  const { runningMean, runningVar, weight, bias, numFeatures, eps } = layer;
  if (runningMean === null || runningVar === null) {
    return scope.fail(
      'without running statistics it normalises by those of the batch, also in evaluation',
      'Build it with trackRunningStats, or use InstanceNorm, GroupNorm or LayerNorm.',
    );
  }
  const inputs = [
    x,
    orConstant(weight, 1, [numFeatures], scope),
    orConstant(bias, 0, [numFeatures], scope),
    scope.parameter(runningMean),
    scope.parameter(runningVar),
  ];
  const attributes = { epsilon: { float: eps } };
  return scope.op('BatchNormalization', inputs, attributes, { trials: x.trials });
}

function writeLayerNorm(layer: nn.LayerNorm, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const { normalizedShape, weight, bias, eps } = layer;
  const inputs = [x, orConstant(weight, 1, normalizedShape, scope)];
  if (bias !== null) inputs.push(scope.parameter(bias));
  const attributes = { axis: -normalizedShape.length, epsilon: { float: eps } };
  return scope.op('LayerNormalization', inputs, attributes);
}

/** `RMSNormalization` came with opset 23: the formula itself. */
function writeRmsNorm(layer: nn.RMSNorm, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const eps = layer.eps ?? (scope.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
  const rank = x.shape.length;
  const axes = layer.normalizedShape.map((_, k) => rank - layer.normalizedShape.length + k);
  const kept = mapTrials(x.trials, (sizes) => sizes.map((n, k) => (axes.includes(k) ? 1 : n)));
  const power = scope.reduce('ReduceMean', scope.op('Mul', [x, x]), axes, kept);
  const root = scope.op('Sqrt', [scope.op('Add', [power, scope.number(eps)])]);
  const y = scope.op('Div', [x, root]);
  return layer.weight === null ? y : scope.op('Mul', [y, scope.parameter(layer.weight)]);
}

function writeInstanceNorm(
  layer: nn.InstanceNorm1d | nn.InstanceNorm2d,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  const { weight, bias, numFeatures, eps } = layer;
  const inputs = [
    x,
    orConstant(weight, 1, [numFeatures], scope),
    orConstant(bias, 0, [numFeatures], scope),
  ];
  return scope.op('InstanceNormalization', inputs, { epsilon: { float: eps } });
}

/** Groups as the channels of an instance normalisation; scaled per channel behind it. */
function writeGroupNorm(layer: nn.GroupNorm, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const { numGroups, numChannels, weight, bias, eps } = layer;
  const rest = x.shape.length - 2;
  // What the groups hold; -1 says so, whatever the further axes are.
  const target = scope.integers([0, numGroups, -1]);
  const grouped = mapTrials(x.trials, ([n, c, ...sizes]) => [
    n!,
    numGroups,
    sizes.reduce((product, size) => product * size, c! / numGroups),
  ]);
  const groups = scope.op('Reshape', [x, target], {}, { trials: grouped });
  const inputs = [
    groups,
    orConstant(null, 1, [numGroups], scope),
    orConstant(null, 0, [numGroups], scope),
  ];
  const normal = scope.op(
    'InstanceNormalization',
    inputs,
    { epsilon: { float: eps } },
    {
      trials: grouped,
    },
  );
  const shape = scope.op('Shape', [x], {}, { dtype: 'int64', trials: fixed([rest + 2]) });
  let y = scope.op('Reshape', [normal, shape], {}, { trials: x.trials });
  const perChannel = (cell: Cell): OnnxValue => {
    const value = scope.parameter(cell);
    if (rest === 0) return value;
    const behind = scope.integers(Array.from({ length: rest }, (_, k) => k + 1));
    const laidOut = fixed([numChannels, ...new Array<number>(rest).fill(1)]);
    return scope.op('Unsqueeze', [value, behind], {}, { trials: laidOut });
  };
  if (weight !== null) y = scope.op('Mul', [y, perChannel(weight)]);
  return bias === null ? y : scope.op('Add', [y, perChannel(bias)]);
}

/** Normalisations. */
export const normLayers = (): readonly OnnxLayer[] => [
  onnxLayer(nn.BatchNorm1d, writeBatchNorm),
  onnxLayer(nn.BatchNorm2d, writeBatchNorm),
  onnxLayer(nn.LayerNorm, writeLayerNorm),
  onnxLayer(nn.RMSNorm, writeRmsNorm),
  onnxLayer(nn.InstanceNorm1d, writeInstanceNorm),
  onnxLayer(nn.InstanceNorm2d, writeInstanceNorm),
  onnxLayer(nn.GroupNorm, writeGroupNorm),
];
