import {
  add,
  concat,
  elu,
  exp,
  expm1,
  gelu,
  leakyRelu,
  log1p,
  max,
  mean,
  mul,
  permute,
  relu,
  reshape,
  slice,
  softmax,
  softplus,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '@tikhonov/core';
import * as random from '@tikhonov/core/random';
import * as nn from '@tikhonov/nn';
import { type ExportOnnxOptions, exportOnnx } from '../src/index.ts';
import { regularizers } from './regularizer-cases.ts';

/** A layer, and what follows the batch in its input; `'batch'` may stand elsewhere. */
export interface Case {
  readonly name: string;
  readonly model: nn.Module & nn.Layer;
  readonly shape: ExportOnnxOptions['inputShape'];
  readonly options?: Partial<ExportOnnxOptions>;
  /** Of the model. */
  readonly dtype?: 'float64';
  /** Integers below this are the input. */
  readonly below?: number;
}

const seed = 0;
const all = (c: nn.Module & nn.Layer, shape: Case['shape'], name = c.describe()): Case => ({
  name,
  model: c,
  shape: ['batch', ...shape],
});
const exact = (c: nn.Module & nn.Layer, shape: Case['shape'], name = c.describe()): Case => ({
  name,
  model: c,
  shape,
});

/** Parameters and statistics that are not those of a new layer, which are often 0 and 1. */
function shaken<Model extends nn.Module>(model: Model): Model {
  for (const [i, [name, cell]] of Object.entries(model.namedCells()).entries()) {
    if (cell.dtype !== 'float32' && cell.dtype !== 'float64') continue;
    const noise = random.uniform(random.key(100 + i), cell.shape, { dtype: cell.dtype });
    cell.write(name.endsWith('running_var') ? add(noise, 0.5) : add(cell.read(), mul(noise, 0.3)));
  }
  return model;
}

const activations: Case[] = [
  new nn.ReLU(),
  new nn.ReLU6(),
  new nn.LeakyReLU(),
  new nn.LeakyReLU({ negativeSlope: 0.3 }),
  new nn.ELU(),
  new nn.ELU({ alpha: 0.7 }),
  new nn.CELU(),
  new nn.CELU({ alpha: 0.7 }),
  new nn.SELU(),
  new nn.GELU(),
  new nn.GELU({ approximate: 'tanh' }),
  new nn.SiLU(),
  new nn.Mish(),
  new nn.Softplus(),
  new nn.Softplus({ beta: 3 }),
  new nn.Softsign(),
  new nn.Tanh(),
  new nn.Hardtanh(),
  new nn.Hardtanh({ minVal: -0.2, maxVal: 0.5 }),
  new nn.Sigmoid(),
  new nn.LogSigmoid(),
  new nn.Hardsigmoid(),
  new nn.Hardswish(),
  new nn.Softmax(),
  new nn.Softmax({ axis: 1 }),
  new nn.LogSoftmax(),
  new nn.LogSoftmax({ axis: 1 }),
  new nn.GLU(),
  new nn.GLU({ axis: 1 }),
  new nn.PReLU(),
  shaken(new nn.PReLU({ numParameters: 4 })),
].map((layer) =>
  all(
    layer,
    [4, 6],
    `${layer.describe()} ${JSON.stringify('options' in layer ? layer.options : {})}`,
  ),
);

const functions: Record<string, (x: Tensor) => Tensor> = {
  relu,
  tanh,
  softplus,
  gelu: (x) => gelu(x),
  'leakyRelu with a slope': (x) => leakyRelu(x, { negativeSlope: 0.2 }),
  elu: (x) => elu(x, { alpha: 2 }),
  'arithmetic with numbers': (x) => add(mul(x, 2), 1).div(3).sub(x),
  'exponentials and logarithms': (x) => add(log1p(exp(x)), expm1(mul(x, 0.2))),
  'a softmax': (x) => softmax(x, { axis: 1 }),
  'a sum and a maximum': (x) =>
    add(sum(x, { axis: 1, keepdims: true }), max(x, { axis: 2, keepdims: true })),
  'a mean that loses an axis': (x) => mean(x, { axis: 1 }),
  'a reshape': (x) => reshape(x, [x.shape[0]!, -1]),
  'a reshape that joins the batch': (x) => reshape(x, [-1, 6]),
  'a permutation': (x) => permute(x, [0, 2, 1]),
  'a concatenation': (x) => concat([x, mul(x, 2)], { axis: 2 }),
  'a constant vector': (x) => mul(x, tensor([1, 2, 3, 4, 5, 6])),
  'a slice': (x) => slice(x, [null, { start: 1 }, { start: 0, stop: 5, step: 2 }]),
  'the input itself': (x) => x,
};

const layers: Case[] = [
  all(new nn.Linear(4, 3, { seed }), [4]),
  all(new nn.Linear(4, 3, { seed, bias: false }), [4], 'Linear without bias'),
  all(new nn.Linear(4, 3, { seed }), [2, 5, 4], 'Linear of four axes'),
  exact(new nn.Linear(4, 3, { seed }), [4], 'Linear of a vector'),
  {
    ...all(new nn.Embedding(7, 3, { seed, paddingIdx: 0 }), [5], 'Embedding'),
    options: { inputDtype: 'int32' },
    below: 7,
  },
  all(new nn.Dropout({ p: 0.3 }), [4], 'Dropout'),
  all(new nn.Dropout({ p: 0.3, mode: 'classic' }), [4], 'classic Dropout'),
  all(new nn.Dropout({ p: tensor(0.3), mode: 'classic' }), [4], 'classic Dropout of a tensor'),
  all(new nn.Identity(), [4]),
  all(new nn.Flatten(), [2, 3, 4]),
  all(new nn.Flatten(0, 1), [2, 3, 4], 'Flatten that joins the batch'),
  all(new nn.Flatten(2), [2, 3, 4], 'Flatten from axis 2'),
  all(new nn.Unflatten(1, [3, -1]), [12]),
  all(new nn.ImageRows([1, 2, 3]), [6]),
  all(new nn.Unflatten(-1, [2, 2]), [3, 4], 'Unflatten from the end'),
];

const convolutions: Case[] = [
  all(new nn.Conv1d(2, 3, 3, { seed, padding: 1 }), [2, 8]),
  all(new nn.Conv1d(2, 3, 4, { seed, padding: 'same' }), [2, 8], "Conv1d 'same' of even size"),
  exact(new nn.Conv1d(2, 3, 3, { seed }), [2, 8], 'Conv1d without batch'),
  all(new nn.Conv2d(2, 4, 3, { seed }), [2, 7, 6]),
  all(
    new nn.Conv2d(2, 4, [3, 2], {
      seed,
      stride: [2, 1],
      dilation: [1, 2],
      groups: 2,
      padding: [
        [1, 0],
        [2, 1],
      ],
      bias: false,
    }),
    [2, 7, 6],
    'Conv2d with all options',
  ),
  {
    ...all(
      new nn.Conv2d(2, 4, 3, { seed, padding: 'valid' }),
      [2, null, 6],
      'Conv2d of any height',
    ),
  },
  all(new nn.Conv3d(1, 2, [1, 3, 2], { seed }), [1, 3, 5, 4]),
  all(new nn.ConvTranspose1d(2, 3, 3, { seed, stride: 2, outputPadding: 1 }), [2, 5]),
  all(
    new nn.ConvTranspose2d(4, 2, [3, 2], {
      seed,
      stride: 2,
      padding: [1, 0],
      dilation: [2, 1],
      groups: 2,
    }),
    [4, 4, 3],
  ),
  exact(
    new nn.ConvTranspose2d(1, 2, 3, {
      seed,
      padding: [
        [1, 0],
        [0, 1],
      ],
    }),
    [1, 4, 3],
    'ConvTranspose2d without batch',
  ),
];

const pools: Case[] = [
  all(new nn.MaxPool1d(2), [3, 7]),
  all(new nn.MaxPool2d(3, { stride: 2, padding: 1 }), [3, 8, 7]),
  all(new nn.MaxPool2d(2, { ceilMode: true }), [3, 7, 5], 'MaxPool2d with ceilMode'),
  all(new nn.MaxPool2d(2, { dilation: 2, stride: 1 }), [3, 7, 5], 'MaxPool2d with dilation'),
  exact(new nn.MaxPool2d(2), [3, 6, 4], 'MaxPool2d without batch'),
  all(new nn.AvgPool1d(2), [3, 7]),
  all(new nn.AvgPool2d(3, { stride: 2, padding: 1 }), [3, 8, 7]),
  all(
    new nn.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }),
    [3, 8, 7],
    'AvgPool2d without padding in the mean',
  ),
  all(
    new nn.AvgPool2d([3, 2], { stride: 2, padding: [1, 0], ceilMode: true }),
    [3, 8, 7],
    'AvgPool2d with ceilMode',
  ),
  all(
    new nn.AvgPool2d([3, 2], {
      stride: 2,
      padding: [1, 0],
      ceilMode: true,
      countIncludePad: false,
    }),
    [3, 8, 7],
    'AvgPool2d with ceilMode, without padding in the mean',
  ),
  all(new nn.AvgPool2d(2, { divisorOverride: 3 }), [3, 8, 7], 'AvgPool2d with a divisor'),
  all(
    new nn.AvgPool2d(2, { divisorOverride: 3, ceilMode: true }),
    [3, 8, 7],
    'AvgPool2d with a divisor and ceilMode',
  ),
  all(new nn.AvgPool2d(2), [3, null, 8], 'AvgPool2d of any height'),
  all(new nn.AdaptiveAvgPool1d(1), [3, 7]),
  all(new nn.AdaptiveAvgPool1d(3), [3, 7], 'AdaptiveAvgPool1d with bins that overlap'),
  all(new nn.AdaptiveAvgPool2d(1), [3, null, null], 'AdaptiveAvgPool2d of images of any size'),
  all(new nn.AdaptiveAvgPool2d([2, 3]), [3, 4, 6]),
  all(new nn.AdaptiveAvgPool2d([2, 3]), [3, 5, 7], 'AdaptiveAvgPool2d with bins that overlap'),
  all(new nn.AdaptiveAvgPool2d([null, 3]), [3, 5, 7], 'AdaptiveAvgPool2d that keeps an axis'),
  all(new nn.AdaptiveMaxPool1d(3), [3, 7]),
  all(new nn.AdaptiveMaxPool2d(1), [3, 5, 7]),
  all(new nn.AdaptiveMaxPool2d([2, 3]), [3, 5, 7], 'AdaptiveMaxPool2d with bins that overlap'),
  exact(new nn.AdaptiveMaxPool2d([2, null]), [3, 4, 7], 'AdaptiveMaxPool2d without batch'),
];

const norms: Case[] = [
  all(shaken(new nn.BatchNorm1d(4)), [4]),
  all(
    shaken(new nn.BatchNorm1d(4, { affine: false, eps: 0.1 })),
    [4, 5],
    'BatchNorm1d without weights',
  ),
  all(shaken(new nn.BatchNorm2d(4)), [4, 3, 2]),
  all(shaken(new nn.LayerNorm([3, 4])), [2, 3, 4]),
  all(new nn.LayerNorm(4, { elementwiseAffine: false }), [3, 4], 'LayerNorm without weights'),
  all(shaken(new nn.LayerNorm(4, { bias: false })), [3, 4], 'LayerNorm without bias'),
  all(shaken(new nn.RMSNorm(4)), [3, 4]),
  all(
    shaken(new nn.RMSNorm([3, 4], { eps: 0.1, elementwiseAffine: false })),
    [3, 4],
    'RMSNorm over two axes',
  ),
  all(new nn.InstanceNorm1d(3), [3, 5]),
  all(shaken(new nn.InstanceNorm2d(3, { affine: true })), [3, 4, 5]),
  all(shaken(new nn.GroupNorm(2, 4)), [4]),
  all(shaken(new nn.GroupNorm(2, 4)), [4, 3, 5], 'GroupNorm of images'),
  all(new nn.GroupNorm(2, 4, { affine: false }), [4, null], 'GroupNorm of any length'),
];

const sequences: Case[] = [
  exact(new nn.RNN(3, 4, { seed }), [6, 'batch', 3]),
  exact(
    new nn.RNN(3, 4, { seed, nonlinearity: 'relu', bidirectional: true, bias: false }),
    [6, 'batch', 3],
    'RNN of both directions',
  ),
  exact(new nn.GRU(3, 4, { seed }), [6, 'batch', 3]),
  all(
    new nn.GRU(3, 4, { seed, numLayers: 2, bidirectional: true, batchFirst: true }),
    [6, 3],
    'GRU of two layers',
  ),
  exact(new nn.LSTM(3, 4, { seed }), ['time', 'batch', 3]),
  all(
    new nn.LSTM(3, 4, { seed, numLayers: 2, bidirectional: true, batchFirst: true, dropout: 0.5 }),
    [6, 3],
    'LSTM of two layers',
  ),
  exact(new nn.LSTM(3, 4, { seed, bias: false }), [6, 3], 'LSTM of one sequence'),
  all(new nn.RNNCell(3, 4, { seed, nonlinearity: 'relu' }), [3]),
  all(new nn.GRUCell(3, 4, { seed }), [3]),
  all(new nn.LSTMCell(3, 4, { seed }), [3]),
  exact(shaken(new nn.MultiheadAttention(8, 2, { seed })), ['time', 'batch', 8]),
  all(
    shaken(new nn.MultiheadAttention(8, 2, { seed, batchFirst: true })),
    [5, 8],
    'MultiheadAttention, batch first',
  ),
  exact(
    new nn.MultiheadAttention(8, 2, { seed, bias: false }),
    [5, 8],
    'MultiheadAttention of one sequence',
  ),
  {
    ...exact(
      shaken(new nn.MultiheadAttention(8, 2, { seed })),
      ['time', 'batch', 8],
      'causal MultiheadAttention',
    ),
    options: { isCausal: true },
  },
  exact(
    new nn.TransformerEncoderLayer(8, 2, { seed, dimFeedforward: 16 }),
    [5, 'batch', 8],
    'TransformerEncoderLayer',
  ),
  all(
    new nn.TransformerEncoderLayer(8, 2, {
      seed,
      dimFeedforward: 16,
      normFirst: true,
      activation: 'gelu',
      batchFirst: true,
    }),
    ['time', 8],
    'TransformerEncoderLayer, normFirst',
  ),
];

const block = (channels: number, key: number): nn.Residual =>
  new nn.Residual(
    new nn.Sequential(
      shaken(new nn.BatchNorm2d(channels)),
      relu,
      new nn.Conv2d(channels, channels, 3, { seed: key, padding: 'same' }),
    ),
  );

const models: Case[] = [
  all(nn.mlp([4, 8, 8, 3], { seed, dropout: 0.2 }), [4], 'mlp'),
  all(nn.mlp([4, 8, 3], { seed, activation: 'leakyRelu' }), [2, 4], 'mlp with leakyRelu'),
  all(nn.smallCnn({ inputShape: [1, 6, 6], classes: 3, seed }), [36], 'smallCnn'),
  all(nn.smallResNet({ inputShape: [1, 6, 6], classes: 3, seed }), [36], 'smallResNet'),
  all(
    new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { seed, padding: 1, bias: false }),
      shaken(new nn.BatchNorm2d(4)),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(4, 8, 3, { seed: 1 }),
      relu,
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.Dropout(),
      new nn.Linear(8, 10, { seed: 2 }),
    ),
    [1, 8, 8],
    'a convolutional network',
  ),
  all(
    new nn.Sequential(
      new nn.Residual(new nn.Conv2d(3, 4, 1, { seed }), {
        projection: new nn.Conv2d(3, 4, 1, { seed: 1 }),
      }),
      block(4, 2),
      block(4, 3),
      (x: Tensor) => mean(x, { axis: [2, 3] }),
      new nn.Linear(4, 2, { seed: 4 }),
    ),
    [3, 6, 5],
    'a residual network',
  ),
  {
    name: 'a transformer of tokens',
    model: new nn.Sequential(
      new nn.Embedding(11, 8, { seed }),
      new nn.TransformerEncoder(
        [0, 1].map(
          (i) =>
            new nn.TransformerEncoderLayer(8, 2, {
              seed: i,
              dimFeedforward: 16,
              batchFirst: true,
            }),
        ),
        { norm: shaken(new nn.LayerNorm(8)) },
      ),
      new nn.Linear(8, 11, { seed: 5 }),
    ),
    shape: ['batch', 'time'],
    options: { inputDtype: 'int32', isCausal: true },
    below: 11,
  },
  {
    name: 'an LSTM that ends in a class',
    model: new nn.Sequential(
      new nn.LSTM(3, 6, { seed, batchFirst: true }),
      (x: Tensor) => slice(x, [null, { start: -1 }]).reshape([x.shape[0]!, 6]),
      new nn.Linear(6, 2, { seed: 1 }),
    ),
    shape: ['batch', 7, 3],
  },
  {
    name: 'mlp of float64',
    model: nn.mlp([4, 8, 3], { seed, activation: 'tanh', dtype: 'float64' }),
    shape: ['batch', 4],
    options: { dtype: 'float64' },
    dtype: 'float64',
  },
  {
    name: 'mlp of float64 in a file of float32',
    model: nn.mlp([4, 8, 3], { seed, activation: 'softplus', dtype: 'float64' }),
    shape: ['batch', 4],
    dtype: 'float64',
  },
  {
    name: 'a mean over dynamic axes',
    model: new nn.Sequential(
      new nn.Conv2d(2, 3, 3, { seed, stride: 2 }),
      (x: Tensor) => mean(x, { axis: [2, 3] }),
      new nn.Linear(3, 2, { seed: 1 }),
    ),
    shape: ['batch', 2, 'height', 'width'],
  },
  {
    name: 'a sum over half of all elements of a dynamic axis',
    model: new nn.Sequential((x: Tensor) => sum(x).div(x.shape[1]! / 2)),
    shape: ['batch', 'time', 3],
  },
];

/** All cases by what they are about. */
export const groups: Record<string, readonly Case[]> = {
  'activation layers': activations,
  'functions in Sequential': Object.entries(functions).map(([name, f]) =>
    all(new nn.Sequential(f), [4, 6], name),
  ),
  layers,
  convolutions,
  pools,
  normalisations: norms,
  'sequences and attention': sequences,
  models,
  regularizers,
};

/** The file of a case. */
export const bytesOf = ({ model, shape, options = {} }: Case, opset: number): Uint8Array =>
  exportOnnx(model, { inputShape: shape, opset, ...options });
