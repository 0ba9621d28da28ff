import { concat, type Parameter, slice, stack, type Tensor } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import { mapTrials, type OnnxValue } from '../values.ts';

/** What an operator is called, and where each of its gates is among ours. */
interface Kind {
  readonly type: 'RNN' | 'GRU' | 'LSTM';
  readonly gates: readonly number[];
  readonly attributes: Readonly<Record<string, number | readonly string[]>>;
}

/** Ours are `i`, `f`, `g`, `o`; ONNX has `i`, `o`, `f`, `c`. */
const lstm: Kind = { type: 'LSTM', gates: [0, 3, 1, 2], attributes: {} };
/** Ours are `r`, `z`, `n`; ONNX has `z`, `r`, `h`, and resets before the product unless told so. */
const gru: Kind = { type: 'GRU', gates: [1, 0, 2], attributes: { linear_before_reset: 1 } };

function writeRecurrent(
  kind: Kind,
  layer: nn.Recurrent,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  const single = x.shape.length === 2;
  const swapped = !single && layer.batchFirst;
  let y = single ? scope.unsqueeze(x, 1) : swapped ? swap(x, scope) : x;
  for (let i = 0; i < layer.numLayers; i++) y = writeLayer(kind, layer, i, y, scope);
  if (single) return scope.squeeze(y, 1);
  return swapped ? swap(y, scope) : y;
}

/** One layer of both directions: `[l, n, in] -> [l, n, directions * h]`. */
function writeLayer(
  kind: Kind,
  layer: nn.Recurrent,
  index: number,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  const { hiddenSize, bidirectional } = layer;
  const own = layer.namedParameters();
  const suffixes = bidirectional ? [`l${index}`, `l${index}_reverse`] : [`l${index}`];
  const count = suffixes.length;
  // By direction, with the rows of the gates in another order; hence they cannot keep their names.
  const stacked = (name: string, part: (suffix: string) => Tensor): OnnxValue =>
    scope.stored(`l${index}.${name}`, stack(suffixes.map(part)));
  const reordered = (name: string): Tensor => gatesOf(own[name]!, kind.gates, hiddenSize);
  const inputs = [
    x,
    stacked('W', (suffix) => reordered(`weight_ih_${suffix}`)),
    stacked('R', (suffix) => reordered(`weight_hh_${suffix}`)),
  ];
  if (own[`bias_ih_l${index}`] !== undefined) {
    const both = (suffix: string): Tensor =>
      concat([reordered(`bias_ih_${suffix}`), reordered(`bias_hh_${suffix}`)]);
    inputs.push(stacked('B', both));
  }
  const attributes = {
    ...kind.attributes,
    hidden_size: hiddenSize,
    direction: bidirectional ? 'bidirectional' : 'forward',
    ...activations(layer, count),
  };
  const outputs = mapTrials(x.trials, ([l, n]) => [l!, count, n!, hiddenSize]);
  const y = scope.op(kind.type, inputs, attributes, { trials: outputs });
  const joined = mapTrials(x.trials, ([l, n]) => [l!, n!, count * hiddenSize]);
  if (count === 1) return scope.op('Squeeze', [y, scope.integers([1])], {}, { trials: joined });
  const turned = scope.op(
    'Transpose',
    [y],
    { perm: [0, 2, 1, 3] },
    {
      trials: mapTrials(outputs, ([l, d, n, h]) => [l!, n!, d!, h!]),
    },
  );
  return scope.reshape(turned, joined);
}

const activations = (layer: nn.Recurrent, count: number): { activations?: readonly string[] } =>
  layer instanceof nn.RNN
    ? {
        activations: new Array<string>(count).fill(layer.nonlinearity === 'relu' ? 'Relu' : 'Tanh'),
      }
    : {};

/** The rows of the gates in another order. */
function gatesOf(cell: Parameter, order: readonly number[], hiddenSize: number): Tensor {
  const value = cell.read();
  const blocks = order.map((gate) =>
    slice(value, [{ start: gate * hiddenSize, stop: (gate + 1) * hiddenSize }]),
  );
  return concat(blocks);
}

const swap = (x: OnnxValue, scope: OnnxScope): OnnxValue =>
  scope.op(
    'Transpose',
    [x],
    { perm: [1, 0, 2] },
    { trials: mapTrials(x.trials, ([a, b, c]) => [b!, a!, c!]) },
  );

/** Recurrent layers, from states of 0; cells as the step from there. */
export const recurrentLayers = (): readonly OnnxLayer[] => [
  onnxLayer(nn.RNN, (layer, x, scope) =>
    writeRecurrent({ type: 'RNN', gates: [0], attributes: {} }, layer, x, scope),
  ),
  onnxLayer(nn.GRU, (layer, x, scope) => writeRecurrent(gru, layer, x, scope)),
  onnxLayer(nn.LSTM, (layer, x, scope) => writeRecurrent(lstm, layer, x, scope)),
  ...[nn.RNNCell, nn.GRUCell, nn.LSTMCell].map((layerClass) =>
    onnxLayer<nn.RecurrentCell>(layerClass, (layer, x, scope) =>
      scope.trace((input) => layer.forward(input), x),
    ),
  ),
];
