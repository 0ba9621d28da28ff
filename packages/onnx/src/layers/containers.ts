import * as nn from '@tikhonov/nn';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import type { OnnxValue } from '../values.ts';

function writeSequential(model: nn.Sequential, x: OnnxValue, scope: OnnxScope): OnnxValue {
  return model.layers.reduce((y, layer, i) => scope.layer(String(i), layer, y), x);
}

function writeResidual(block: nn.Residual, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const change = scope.layer('body', block.body, x);
  const base = block.projection === null ? x : scope.layer('projection', block.projection, x);
  return scope.op('Add', [base, change]);
}

function writeMlp(model: nn.MLP, x: OnnxValue, scope: OnnxScope): OnnxValue {
  return model.layers.reduce((y, layer, i) => {
    const z = scope.layer(`layers.${i}`, layer, y);
    return i === model.layers.length - 1 ? z : scope.layer(`activation.${i}`, model.activation, z);
  }, x);
}

function writeEncoder(model: nn.TransformerEncoder, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const y = model.layers.reduce<OnnxValue>(
    (input, layer, i) => scope.layer(`layers.${i}`, layer, input),
    x,
  );
  return model.norm === null ? y : scope.layer('norm', model.norm, y);
}

/** Layers of layers. */
export const containers = (): readonly OnnxLayer[] => [
  onnxLayer(nn.Sequential, writeSequential),
  onnxLayer(nn.Residual, writeResidual),
  onnxLayer(nn.MLP, writeMlp),
  onnxLayer(nn.TransformerEncoder, writeEncoder),
];
