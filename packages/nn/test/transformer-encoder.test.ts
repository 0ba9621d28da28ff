import { describe, expect, test } from '@jest/globals';
import { greater, random, tensor } from '@tikhonov/core';
import * as nn from '../src/index.ts';

const make = (seed: number): nn.TransformerEncoderLayer =>
  new nn.TransformerEncoderLayer(4, 2, { seed, dimFeedforward: 6, dropout: 0.5 });
const x = random.normal(random.key(0), [3, 2, 4]);

describe('TransformerEncoder', () => {
  test('is its layers one after the other under the same masks, then the normalisation', () => {
    const [a, b, norm] = [make(1), make(2), new nn.LayerNorm(4)];
    const encoder = new nn.TransformerEncoder([a, b], { norm });
    const keyPaddingMask = greater(
      tensor([
        [0, 0, 1],
        [0, 0, 0],
      ]),
      0,
    );
    const context = { isCausal: true, keyPaddingMask };
    const want = norm.forward(b.forward(a.forward(x, context), context));
    expect(encoder.forward(x, context).data()).toEqual(want.data());
    expect(encoder.forward(x).data()).not.toEqual(want.data());
    const bare = new nn.TransformerEncoder([a, b]);
    expect(bare.forward(x).data()).toEqual(b.forward(a.forward(x)).data());
  });

  test('has the names of PyTorch', () => {
    const names = Object.keys(
      new nn.TransformerEncoder([make(1)], { norm: new nn.LayerNorm(4) }).stateDict(),
    );
    expect(names.slice(0, 2)).toEqual([
      'layers.0.self_attn.in_proj_weight',
      'layers.0.self_attn.in_proj_bias',
    ]);
    expect(names.slice(-2)).toEqual(['norm.weight', 'norm.bias']);
  });

  test('gives each layer its own masks of dropout', () => {
    const layer = make(1);
    const context = { training: true, rng: random.key(4) };
    const twice = new nn.TransformerEncoder([layer, layer]);
    const same = nn.childContext(context, 'layers.0');
    expect(twice.forward(x, context).data()).not.toEqual(
      layer.forward(layer.forward(x, same), same).data(),
    );
  });

  test('refuses what is not layers, and masks under other names', () => {
    expect(() => new nn.TransformerEncoder([])).toThrow(
      'TransformerEncoder: needs an array of layers, got an empty one.',
    );
    expect(() => new nn.TransformerEncoder(make(1) as never)).toThrow('got object');
    expect(() => new nn.TransformerEncoder([make(1), 2 as never])).toThrow(
      'TransformerEncoder: layer 1 is number, not a Module.',
    );
    expect(() =>
      new nn.TransformerEncoder([make(1)]).forward(x, { srcKeyPaddingMask: x } as never),
    ).toThrow('TransformerEncoder.forward: unknown option "srcKeyPaddingMask".');
  });
});
