import * as nn from '@tikhonov/nn';
import { type OnnxLayer, onnxLayer } from '../registry.ts';
import type { OnnxScope } from '../scope.ts';
import { fixed, mapTrials, type OnnxValue } from '../values.ts';

/** Self-attention, batch first inside: `[n, l, e]`. */
function writeAttention(layer: nn.MultiheadAttention, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const single = x.shape.length === 2;
  const swapped = !single && !layer.batchFirst;
  const input = single ? scope.unsqueeze(x, 0) : swapped ? swapFirst(x, scope) : x;
  const [q, k, v] = heads(layer, input, scope);
  const scale = scope.number(1 / Math.sqrt(layer.headDim));
  const turned = scope.op('Transpose', [k!], { perm: [0, 1, 3, 2] });
  const scores = scope.op('MatMul', [scope.op('Mul', [q!, scale]), turned]);
  const seen = scope.isCausal ? backwards(scores, input, scope) : scores;
  const weights = scope.op('Softmax', [seen], { axis: -1 });
  const mixed = scope.op(
    'Transpose',
    [scope.op('MatMul', [weights, v!])],
    { perm: [0, 2, 1, 3] },
    { trials: mapTrials(input.trials, ([n, l]) => [n!, l!, layer.numHeads, layer.headDim]) },
  );
  const output = scope.layer('out_proj', layer.outProj, scope.reshape(mixed, input.trials));
  if (single) return scope.squeeze(output, 0);
  return swapped ? swapFirst(output, scope) : output;
}

/** Queries, keys and values of all heads, `[n, heads, l, d]`, of one product. */
function heads(layer: nn.MultiheadAttention, x: OnnxValue, scope: OnnxScope): readonly OnnxValue[] {
  const { inProjWeight, inProjBias, numHeads, headDim, embedDim } = layer;
  if (inProjWeight === null) {
    return scope.fail(
      'its keys and values have other features than its queries',
      'Only self-attention has one input: export the model with one projection, or pass an exporter.',
    );
  }
  const weight = scope.op('Transpose', [scope.parameter(inProjWeight)], { perm: [1, 0] });
  const wide = mapTrials(x.trials, (sizes) => sizes.with(-1, 3 * embedDim));
  const product = scope.op('MatMul', [x, weight], {}, { trials: wide });
  const joint =
    inProjBias === null ? product : scope.op('Add', [product, scope.parameter(inProjBias)]);
  const parts = scope.reshape(
    joint,
    mapTrials(x.trials, ([n, l]) => [n!, l!, 3, numHeads, headDim]),
  );
  const turned = scope.op('Transpose', [parts], { perm: [2, 0, 3, 1, 4] });
  const shape = mapTrials(x.trials, ([n, l]) => [n!, numHeads, l!, headDim]);
  return [0, 1, 2].map((i) =>
    scope.op('Gather', [turned, scope.constant([i], [], 'int64')], { axis: 0 }, { trials: shape }),
  );
}

/** Scores `[n, heads, l, l]` with -Infinity where the key comes after the query. */
function backwards(scores: OnnxValue, x: OnnxValue, scope: OnnxScope): OnnxValue {
  const integer = (value: number): OnnxValue => scope.constant([value], [], 'int64');
  const shape = scope.op('Shape', [x], {}, { dtype: 'int64', trials: fixed([3]) });
  const length = scope.op('Gather', [shape, integer(1)], { axis: 0 }, { trials: fixed([]) });
  const places = scope.op('Range', [integer(0), length, integer(1)]);
  const queries = scope.op('Unsqueeze', [places, scope.integers([1])]);
  const before = scope.op('LessOrEqual', [places, queries], {}, { dtype: 'bool' });
  return scope.op(
    'Where',
    [before, scores, scope.number(-Infinity)],
    {},
    {
      dtype: scope.dtype,
      trials: scores.trials,
    },
  );
}

const swapFirst = (x: OnnxValue, scope: OnnxScope): OnnxValue =>
  scope.op(
    'Transpose',
    [x],
    { perm: [1, 0, 2] },
    { trials: mapTrials(x.trials, ([a, b, c]) => [b!, a!, c!]) },
  );

function writeEncoderLayer(
  layer: nn.TransformerEncoderLayer,
  x: OnnxValue,
  scope: OnnxScope,
): OnnxValue {
  const attention = (y: OnnxValue): OnnxValue => scope.layer('self_attn', layer.selfAttn, y);
  const feedforward = (y: OnnxValue): OnnxValue => {
    const wide = scope.layer('linear1', layer.linear1, y);
    return scope.layer('linear2', layer.linear2, scope.layer('activation', layer.activation, wide));
  };
  const first = (y: OnnxValue): OnnxValue => scope.layer('norm1', layer.norm1, y);
  const second = (y: OnnxValue): OnnxValue => scope.layer('norm2', layer.norm2, y);
  if (layer.normFirst) {
    const y = scope.op('Add', [x, attention(first(x))]);
    return scope.op('Add', [y, feedforward(second(y))]);
  }
  const y = first(scope.op('Add', [x, attention(x)]));
  return second(scope.op('Add', [y, feedforward(y)]));
}

/** Attention and what is built of it. */
export const attentionLayers = (): readonly OnnxLayer[] => [
  onnxLayer(nn.MultiheadAttention, writeAttention),
  onnxLayer(nn.TransformerEncoderLayer, writeEncoderLayer),
];
