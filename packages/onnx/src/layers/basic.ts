import * as nn from '@tikhonov/nn';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import { mapTrials, type OnnxValue } from '../values.ts';

/** `x W^T + b`: one `Gemm` for matrices, a product for anything else. */
export function writeLinear(layer: nn.Linear, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const weight = scope.parameter(layer.weight);
  const bias = layer.bias === null ? null : scope.parameter(layer.bias);
  const trials = mapTrials(x.trials, (sizes) => sizes.with(-1, layer.outFeatures));
  if (x.shape.length === 2) {
    const inputs = bias === null ? [x, weight] : [x, weight, bias];
    return scope.op('Gemm', inputs, { transB: 1 }, { trials });
  }
  const transposed = scope.op('Transpose', [weight], { perm: [1, 0] });
  const product = scope.op('MatMul', [x, transposed], {}, { trials });
  return bias === null ? product : scope.op('Add', [product, bias]);
}

function writeEmbedding(layer: nn.Embedding, x: OnnxValue, scope: OnnxScope): OnnxValue {
  return scope.op('Gather', [scope.parameter(layer.weight), x], { axis: 0 });
}

/** The identity, but for the original dropout, which scales in evaluation. */
function writeDropout(layer: nn.Dropout, x: OnnxValue, scope: OnnxScope): OnnxValue {
  if (layer.mode === 'inverted') return x;
  const { p } = layer;
  const dropped = typeof p === 'number' ? p : 'read' in p ? p.read().item() : p.item();
  return scope.op('Mul', [x, scope.number(1 - dropped)]);
}

function writeFlatten(layer: nn.Flatten, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const all = layer.endDim === -1 || layer.endDim === x.shape.length - 1;
  return layer.startDim === 1 && all
    ? scope.op('Flatten', [x], { axis: 1 })
    : scope.reshape(x, scope.output);
}

/** Layers that do one thing to a tensor. */
export const basicLayers = (): readonly OnnxLayer[] => [
  onnxLayer(nn.Linear, writeLinear),
  onnxLayer(nn.Embedding, writeEmbedding),
  onnxLayer(nn.Dropout, writeDropout),
  onnxLayer(nn.Identity, (_layer, x) => x),
  onnxLayer(nn.Flatten, writeFlatten),
  onnxLayer(nn.Unflatten, (_layer, x, scope) => scope.reshape(x, scope.output)),
  onnxLayer(nn.ImageRows, (_layer, x, scope) => scope.reshape(x, scope.output)),
];
