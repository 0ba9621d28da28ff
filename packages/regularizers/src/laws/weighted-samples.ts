import { drawn, type Law, law } from '@tikhonov/check';
import { concat, indexSelect, type Tensor, tensor } from '@tikhonov/core';
import type { ValueRange } from '@tikhonov/core/engine';
import { exactly, near } from './slack.ts';

/** A penalty of the activations of samples, `[n, units]`. */
export type SamplePenalty = (
  h: Tensor,
  strength: number,
  weights: { readonly sampleWeight?: Tensor },
) => Tensor;

/**
 * The law that weights of samples are numbers of them, also where the strength is 0.
 *
 * @param range  of the activations
 */
export const weightedSamplesLaw = (id: string, penalty: SamplePenalty, range: ValueRange): Law =>
  law({
    id: `${id}/weighted-samples`,
    statement: 'A sample of weight 2 counts twice, one of weight 0 not at all, whatever it holds.',
    cases: drawn((draw) => ({
      h: draw.tensor([2, 3], range),
      junk: draw.pick([Number.NaN, Infinity, 7]),
    })),
    slack: ({ h, junk }) => {
      const first = indexSelect(h, tensor(Int32Array.of(0)));
      const all = concat([h, h.mul(0).add(junk)]);
      const weights = { sampleWeight: tensor(Float64Array.of(2, 1, 0, 0)) };
      return Math.min(
        near(penalty(all, 1, weights), penalty(concat([h, first]), 1, {}), 1e-12),
        exactly(penalty(all, 0, weights), 0),
      );
    },
  });
