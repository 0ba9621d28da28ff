import { type Operation, operation } from '@tikhonov/check';
import { type Tensor, withValues } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';

const nonEmpty = 'sequences of at least a step, of at least a feature';

type Layer = nn.Module & { forward(x: Tensor): Tensor };

/** A layer as a function of its input and of its parameters. */
function module(
  name: string,
  make: (options: { readonly seed: number; readonly dtype: 'float64' }) => Layer,
  shape: readonly number[],
): Operation {
  return operation(
    `nn.${name}`,
    (draw) => {
      const layer = make({ seed: draw.integer(0, 100), dtype: 'float64' });
      const cells = layer.namedParameters();
      const names = Object.keys(cells);
      const call = (x: Tensor, ...values: Tensor[]): Tensor =>
        withValues(cells, Object.fromEntries(names.map((key, i) => [key, values[i]!])), () =>
          layer.forward(x),
        );
      return [
        (x, ...values) => call(x!, ...values),
        draw.tensor(shape, { distinct: true }),
        ...names.map((key) => draw.tensor(cells[key]!.shape, { min: -1, max: 1 })),
      ];
    },
    { nonEmpty },
  );
}

/** Layers that have no functional form of their own; the others are wrappers of checked functions. */
export const modules: readonly Operation[] = [
  module('RNNCell', (options) => new nn.RNNCell(2, 1, options), [2, 2]),
  module('GRUCell', (options) => new nn.GRUCell(1, 2, options), [2, 1]),
  module('LSTMCell', (options) => new nn.LSTMCell(1, 1, options), [2, 1]),
  module('RNN', (options) => new nn.RNN(1, 2, options), [2, 1, 1]),
  module('GRU', (options) => new nn.GRU(1, 1, options), [2, 2, 1]),
  module('LSTM', (options) => new nn.LSTM(1, 1, options), [3, 1, 1]),
  module('MultiheadAttention', (options) => new nn.MultiheadAttention(2, 2, options), [2, 1, 2]),
];
