import {
  celu,
  elu,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import type { FunctionExporter } from '../session.ts';
import type { OnnxValue } from '../values.ts';

const named =
  (type: string): FunctionExporter =>
  (x, scope) =>
    scope.op(type, [x]);

const clip = (x: OnnxValue, scope: OnnxScope, low: number, high: number): OnnxValue =>
  scope.op('Clip', [x, scope.number(low), scope.number(high)]);

const writeElu = (x: OnnxValue, scope: OnnxScope, alpha: number): OnnxValue =>
  scope.op('Elu', [x], { alpha: { float: alpha } });

const writeLeaky = (x: OnnxValue, scope: OnnxScope, slope: number): OnnxValue =>
  scope.op('LeakyRelu', [x], { alpha: { float: slope } });

/** `alpha (e^(x / alpha) - 1)` below 0, as `Elu` of 1 in other units: `Celu` has a kernel for float32 only. */
function writeCelu(x: OnnxValue, scope: OnnxScope, alpha: number): OnnxValue {
  if (alpha === 1) return writeElu(x, scope, 1);
  const unit = scope.op('Div', [x, scope.number(alpha)]);
  return scope.op('Mul', [writeElu(unit, scope, 1), scope.number(alpha)]);
}

function writeGelu(x: OnnxValue, scope: OnnxScope, approximate: 'none' | 'tanh'): OnnxValue {
  if (scope.opset >= 20) return scope.op('Gelu', [x], { approximate });
  const half = scope.op('Mul', [x, scope.number(0.5)]);
  const gate =
    approximate === 'none'
      ? scope.op('Erf', [scope.op('Mul', [x, scope.number(Math.SQRT1_2)])])
      : scope.op('Tanh', [
          scope.op('Mul', [cubic(x, scope), scope.number(Math.sqrt(2 / Math.PI))]),
        ]);
  return scope.op('Mul', [half, scope.op('Add', [gate, scope.number(1)])]);
}

/** `x + 0.044715 x^3` */
function cubic(x: OnnxValue, scope: OnnxScope): OnnxValue {
  const square = scope.op('Mul', [x, x]);
  const factor = scope.op('Add', [
    scope.op('Mul', [square, scope.number(0.044715)]),
    scope.number(1),
  ]);
  return scope.op('Mul', [x, factor]);
}

const writeSilu: FunctionExporter = (x, scope) => scope.op('Mul', [x, scope.op('Sigmoid', [x])]);

const writeMish: FunctionExporter = (x, scope) =>
  scope.opset >= 18
    ? scope.op('Mish', [x])
    : scope.op('Mul', [x, scope.op('Tanh', [scope.op('Softplus', [x])])]);

const writeLogSigmoid: FunctionExporter = (x, scope) =>
  scope.op('Neg', [scope.op('Softplus', [scope.op('Neg', [x])])]);

const writeHardsigmoid: FunctionExporter = (x, scope) =>
  scope.op('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });

/** The operators' own constants are those of `selu`. */
const writeSelu = named('Selu');

function writeSoftplus(x: OnnxValue, scope: OnnxScope, beta: number): OnnxValue {
  if (beta === 1) return scope.op('Softplus', [x]);
  const steep = scope.op('Softplus', [scope.op('Mul', [x, scope.number(beta)])]);
  return scope.op('Div', [steep, scope.number(beta)]);
}

/** `PRelu` repeats the slopes from the last axis on: those of channels get axes behind them. */
function writePrelu(layer: nn.PReLU, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const slopes = scope.parameter(layer.weight);
  const behind = x.shape.slice(2).map((_, k) => k + 1);
  const laidOut =
    layer.weight.size === 1 || behind.length === 0
      ? slopes
      : scope.op('Unsqueeze', [slopes, scope.integers(behind)]);
  return scope.op('PRelu', [x, laidOut], {}, { trials: x.trials });
}

/** Activation functions, which layers may hold as they are. */
export const activationFunctions: ReadonlyMap<unknown, FunctionExporter> = /* @__PURE__ */ new Map<
  unknown,
  FunctionExporter
>([
  [relu, named('Relu')],
  [relu6, (x, scope) => clip(x, scope, 0, 6)],
  [leakyRelu, (x, scope) => writeLeaky(x, scope, 0.01)],
  [elu, (x, scope) => writeElu(x, scope, 1)],
  [celu, (x, scope) => writeCelu(x, scope, 1)],
  [selu, writeSelu],
  [gelu, (x, scope) => writeGelu(x, scope, 'none')],
  [silu, writeSilu],
  [mish, writeMish],
  [softplus, named('Softplus')],
  [softsign, named('Softsign')],
  [tanh, named('Tanh')],
  [hardtanh, (x, scope) => clip(x, scope, -1, 1)],
  [sigmoid, named('Sigmoid')],
  [logSigmoid, writeLogSigmoid],
  [hardsigmoid, writeHardsigmoid],
  [hardswish, named('HardSwish')],
  [softmax, (x, scope) => scope.op('Softmax', [x], { axis: -1 })],
  [logSoftmax, (x, scope) => scope.op('LogSoftmax', [x], { axis: -1 })],
]);

/** A layer without options is written as its function is. */
const plain = (layerClass: typeof nn.ReLU, f: unknown): OnnxLayer =>
  onnxLayer(layerClass, (_layer, x, scope) => activationFunctions.get(f)!(x, scope));

/** Activation layers. */
export const activationLayers = (): readonly OnnxLayer[] => [
  plain(nn.ReLU, relu),
  plain(nn.ReLU6, relu6),
  plain(nn.SELU, selu),
  plain(nn.SiLU, silu),
  plain(nn.Mish, mish),
  plain(nn.Softsign, softsign),
  plain(nn.Tanh, tanh),
  plain(nn.Sigmoid, sigmoid),
  plain(nn.LogSigmoid, logSigmoid),
  plain(nn.Hardsigmoid, hardsigmoid),
  plain(nn.Hardswish, hardswish),
  onnxLayer(nn.LeakyReLU, ({ options: { negativeSlope = 0.01 } }, x, scope) =>
    writeLeaky(x, scope, negativeSlope),
  ),
  onnxLayer(nn.ELU, ({ options: { alpha = 1 } }, x, scope) => writeElu(x, scope, alpha)),
  onnxLayer(nn.CELU, ({ options: { alpha = 1 } }, x, scope) => writeCelu(x, scope, alpha)),
  onnxLayer(nn.GELU, ({ options: { approximate = 'none' } }, x, scope) =>
    writeGelu(x, scope, approximate),
  ),
  onnxLayer(nn.Softplus, ({ options: { beta = 1 } }, x, scope) => writeSoftplus(x, scope, beta)),
  onnxLayer(nn.Hardtanh, ({ options: { minVal = -1, maxVal = 1 } }, x, scope) =>
    clip(x, scope, minVal, maxVal),
  ),
  onnxLayer(nn.Softmax, ({ options: { axis = -1 } }, x, scope) =>
    scope.op('Softmax', [x], { axis }),
  ),
  onnxLayer(nn.LogSoftmax, ({ options: { axis = -1 } }, x, scope) =>
    scope.op('LogSoftmax', [x], { axis }),
  ),
  onnxLayer(nn.GLU, (layer, x, scope) => scope.trace((input) => layer.forward(input), x)),
  onnxLayer(nn.PReLU, writePrelu),
];
