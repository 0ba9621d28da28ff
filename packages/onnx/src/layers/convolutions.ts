import type { ConvOptions, ConvTransposeOptions } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import type { OnnxAttributes } from '../proto.ts';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import type { OnnxValue } from '../values.ts';
import { batched, padsOf, perAxis } from './spatial.ts';

function writeConvolution(
  type: 'Conv' | 'ConvTranspose',
  layer: nn.ConvLayer<ConvOptions> | nn.ConvLayer<ConvTransposeOptions>,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  const { kernelSize, options, weight, bias } = layer;
  const axes = kernelSize.length;
  const { stride = 1, dilation = 1, groups = 1, padding = 0 } = options;
  const dilations = perAxis(dilation, axes);
  const { before, after } = padsOf(padding, kernelSize, dilations);
  const extra: OnnxAttributes =
    'outputPadding' in options ? { output_padding: perAxis(options.outputPadding ?? 0, axes) } : {};
  const attributes: OnnxAttributes = {
    kernel_shape: kernelSize,
    strides: perAxis(stride, axes),
    dilations,
    group: groups,
    pads: [...before, ...after],
    ...extra,
  };
  const parameters = (bias === null ? [weight] : [weight, bias]).map((cell) =>
    scope.parameter(cell),
  );
  return batched(x, axes, scope, (input, trials) =>
    scope.op(type, [input, ...parameters], attributes, { trials }),
  );
}

/** Convolutions. */
export const convolutions = (): readonly OnnxLayer[] => [
  ...[nn.Conv1d, nn.Conv2d, nn.Conv3d].map((layerClass) =>
    onnxLayer<nn.ConvLayer<ConvOptions>>(layerClass, (layer, x, scope) =>
      writeConvolution('Conv', layer, x, scope),
    ),
  ),
  ...[nn.ConvTranspose1d, nn.ConvTranspose2d].map((layerClass) =>
    onnxLayer<nn.ConvLayer<ConvTransposeOptions>>(layerClass, (layer, x, scope) =>
      writeConvolution('ConvTranspose', layer, x, scope),
    ),
  ),
];
