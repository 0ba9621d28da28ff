import { describe, expect, test } from '@jest/globals';
import { ones, random, type Tensor, tensor, zeros } from '@tikhonov/core';
import * as nn from '../src/index.ts';

const x = ones([4, 4]);
const rng = random.key(0);
const bad = (value: unknown): never => value as never;

const layers: readonly (readonly [string, nn.Module & nn.Layer, Tensor])[] = [
  ['Linear(4 -> 2)', new nn.Linear(4, 2, { seed: 0 }), x],
  ['MLP', nn.mlp([4, 2], { seed: 0 }), x],
  ['Dropout', new nn.Dropout(), x],
  ['ReLU', new nn.ReLU(), x],
  ['Identity', new nn.Identity(), x],
  ['Flatten', new nn.Flatten(), x],
  ['Unflatten', new nn.Unflatten(1, [2, 2]), x],
  ['PReLU', new nn.PReLU(), x],
  ['BatchNorm1d(4)', new nn.BatchNorm1d(4), x],
  ['LayerNorm', new nn.LayerNorm(4), x],
  ['RMSNorm', new nn.RMSNorm(4), x],
  ['GroupNorm(2, 4)', new nn.GroupNorm(2, 4), x],
  ['InstanceNorm1d(3)', new nn.InstanceNorm1d(3), ones([2, 3, 4])],
  ['Embedding', new nn.Embedding(3, 2, { seed: 0 }), zeros([2], { dtype: 'int32' })],
  ['MaxPool1d(2)', new nn.MaxPool1d(2), x],
  ['AdaptiveAvgPool1d(2)', new nn.AdaptiveAvgPool1d(2), x],
  ['Conv1d(4 -> 1)', new nn.Conv1d(4, 1, 3, { seed: 0 }), x],
  ['GRUCell(4 -> 2)', new nn.GRUCell(4, 2, { seed: 0 }), x],
  ['LSTMCell(4 -> 2)', new nn.LSTMCell(4, 2, { seed: 0 }), x],
  ['GRU(4 -> 2)', new nn.GRU(4, 2, { seed: 0 }), x],
  ['LSTM(4 -> 2)', new nn.LSTM(4, 2, { seed: 0 }), x],
  ['MultiheadAttention(4, 2)', new nn.MultiheadAttention(4, 2, { seed: 0 }), x],
  [
    'TransformerEncoderLayer',
    new nn.TransformerEncoderLayer(4, 2, { seed: 0, dimFeedforward: 2 }),
    x,
  ],
];

describe.each(layers)('the context of %s', (name, layer, input) => {
  test('must be an object', () => {
    for (const [context, kind] of [
      [input, 'a tensor'],
      [[input], 'an array'],
      [true, 'boolean'],
      [null, 'null'],
    ]) {
      expect(() => layer.forward(input, bad(context))).toThrow(
        `${name}.forward: the context must be an object, got ${String(kind)}`,
      );
    }
  });

  test('holds no entries that nothing reads, and flags are boolean', () => {
    expect(() => layer.forward(input, bad({ trainig: true }))).toThrow(
      `${name}.forward: unknown option "trainig".\n  It takes training, rng, updateState, h,`,
    );
    expect(() => layer.forward(input, bad({ training: 'false' }))).toThrow(
      `${name}.forward: training must be true or false, got 'false'.`,
    );
  });

  test('may hold what other layers read', () => {
    const context = { training: false, isCausal: false };
    expect(layer.forward(input, context).data()).toEqual(layer.forward(input).data());
  });
});

describe('what was meant is named', () => {
  test('by recurrent layers and attention', () => {
    const [gru, lstm] = [new nn.GRU(4, 2, { seed: 0 }), new nn.LSTM(4, 2, { seed: 0 })];
    expect(() => gru.forward(x, bad(zeros([1, 2])))).toThrow(
      'got a tensor or cell.\n  Pass the initial state by name: { h }.',
    );
    expect(() => lstm.forward(x, bad([zeros([1, 2]), zeros([1, 2])]))).toThrow(
      'got an array.\n  Pass the initial state by name: { h, c }.',
    );
    const attention = new nn.MultiheadAttention(4, 2, { seed: 0 });
    expect(() => attention.forward(x, bad(x))).toThrow(
      'got a tensor or cell.\n  For three inputs there is attend(query, key, value).',
    );
    expect(() => attention.forward(x, bad({ is_causal: true }))).toThrow(
      'unknown option "is_causal"',
    );
  });

  test('for dropout with a number for its key', () => {
    expect(() => new nn.Dropout().forward(x, { training: true, rng: bad(0) })).toThrow(
      'dropout: training needs a random key, got number.\n  Call model.forward(x,',
    );
  });

  test('containers pass on what their own modules read, and refuse other kinds', () => {
    class Scaled extends nn.Module {
      forward(input: Tensor, context: nn.ForwardContext & { readonly by?: number } = {}): Tensor {
        return input.mul(context.by ?? 1);
      }
    }
    const model = new nn.Sequential(new Scaled(), new nn.Residual(new Scaled()));
    const context: nn.ForwardContext & { readonly by: number } = { by: 3 };
    expect(model.forward(tensor([1]), context).toArray()).toEqual([12]);
    expect(() => model.forward(tensor([1]), bad(tensor([1])))).toThrow(
      'the context must be an object, got a tensor or cell',
    );
  });
});

describe('contexts', () => {
  const drop = new nn.Dropout();
  const wide = ones([64]);

  test('of one context two dropouts make the same mask, of two they do not', () => {
    const context = { training: true, rng };
    const other = new nn.Dropout();
    expect(drop.forward(wide, context).data()).toEqual(other.forward(wide, context).data());
    const next = nn.contexts(context);
    expect(drop.forward(wide, next()).data()).not.toEqual(drop.forward(wide, next()).data());
  });

  test('are the same in every call of a network, and keep what else there is', () => {
    const draw = (): readonly (readonly unknown[])[] => {
      const next = nn.contexts({ training: true, rng, isCausal: true });
      return [next(), next(), next()].map((context) => {
        expect(context).toMatchObject({ training: true, isCausal: true });
        return [...context.rng.data()];
      });
    };
    expect(draw()).toEqual(draw());
    expect(new Set(draw().map(String)).size).toBe(3);
  });

  test('need no key, and no context', () => {
    expect(nn.contexts({ training: false })()).toEqual({ training: false });
    expect(nn.contexts(undefined)()).toEqual({});
    expect(nn.childContext(undefined, 'part')).toEqual({});
    expect(() => nn.contexts(bad(null))).toThrow('the context must be an object, got null');
  });
});
