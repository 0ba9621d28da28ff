import { drawn, type Law, law } from '@tikhonov/check';
import { indexSelect, random, type Tensor, tensor, where } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { Layer, Module } from '@tikhonov/nn';
import { exactly, holds } from './slack.ts';

/** A layer of noise and its function at given noise. */
export interface NoiseLayer {
  readonly layer: () => Module & Layer;
  /** The function in training, at noise whose first axis is that of `x`. */
  readonly given: (x: Tensor, noise: Tensor) => Tensor;
  /** Draws noise for an input of a shape. */
  readonly noise: (draw: CaseDraw, shape: readonly number[]) => Tensor;
}

/** What such a layer is tried on. */
export interface NoiseInputs {
  /** What the first axis counts. */
  readonly samples: string;
  /** Draws what the evaluation is to leave as it is. */
  readonly any: (draw: CaseDraw) => Tensor;
  /** Draws what is put into another order. */
  readonly batch: (draw: CaseDraw) => Tensor;
}

/** What every layer of noise promises beside its own laws. */
export const layerOfNoiseLaws = (
  id: string,
  { layer, given, noise }: NoiseLayer,
  { samples, any, batch }: NoiseInputs,
): readonly Law[] => [
  law({
    id: `${id}/evaluation`,
    statement:
      'Evaluation is the identity, bit for bit and also of NaN, and draws nothing: a key changes nothing and is not needed.',
    cases: drawn((draw) => {
      const x = any(draw);
      return { x, bad: draw.booleans(x.shape), seed: draw.integer(0, 1000) };
    }),
    slack: ({ x, bad, seed }) => {
      const input = where(bad, Number.NaN, x);
      const [plain, keyed] = [{}, { rng: random.key(seed) }].map((context) =>
        layer().forward(input, context),
      );
      return holds(plain === input && keyed === input);
    },
  }),
  law({
    id: `${id}/batch-order`,
    statement: `With given noise, ${samples} in another order give the results in that order.`,
    cases: drawn((draw) => {
      const x = batch(draw);
      return { x, e: noise(draw, x.shape), order: draw.permutation(x.shape[0]!) };
    }),
    slack: ({ x, e, order }) => {
      const index = tensor(Int32Array.from(order));
      const moved = given(indexSelect(x, index), indexSelect(e, index));
      return exactly(moved, indexSelect(given(x, e), index));
    },
  }),
];
