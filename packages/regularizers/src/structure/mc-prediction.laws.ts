import { drawn, type Law, law } from '@tikhonov/check';
import {
  indexSelect,
  mul,
  ones,
  select,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { mcClassification, mcRegression } from './mc-dropout.ts';

/** Up to five passes of up to three rows and four classes. */
export const passesOf = (draw: CaseDraw): Tensor =>
  draw.tensor([draw.integer(1, 5), draw.integer(1, 3), draw.integer(1, 4)], { min: -8, max: 8 });

/** What is said of the outputs of passes. */
export const mcPredictionLaws: readonly Law[] = [
  law({
    id: 'mc-dropout/uncertainties',
    statement:
      '0 <= H <= log K, the mutual information is H less the mean entropy and never negative, and probabilities add up to 1.',
    cases: drawn((draw) => ({
      logits: passesOf(draw),
      scale: draw.pick([1, 100]),
      // So near to one another that rounding decides about the sign of a divergence.
      near: draw.pick([true, false]),
    })),
    slack: ({ logits, scale, near: alike }) => {
      const z = alike ? logits.mul(1e-10).add(select(logits, 0)) : logits.mul(scale);
      const { mean, entropy, expectedEntropy, mutualInformation } = mcClassification(z);
      return Math.min(
        atMost(zerosLike(entropy), entropy.add(1e-14)),
        atMost(
          entropy,
          mul(ones(entropy.shape, { dtype: 'float64' }), Math.log(z.shape[2]!) + 1e-13),
        ),
        near(mutualInformation, sub(entropy, expectedEntropy), 1e-12),
        holds([...mutualInformation.data()].every((value) => value >= 0)),
        near(sum(mean, { axis: -1 }), ones(entropy.shape, { dtype: 'float64' }), 1e-14),
      );
    },
  }),
  law({
    id: 'mc-dropout/agreeing-passes',
    statement:
      'If all passes agree, variance and mutual information are exactly 0 and the mean is that of each; if they do not, both are positive.',
    cases: drawn((draw) => ({ logits: passesOf(draw), passes: draw.integer(2, 7) })),
    slack: ({ logits, passes }) => {
      const first = indexSelect(logits, tensor([0], { dtype: 'int32' }));
      const same = mcClassification(indexSelect(first, tensor(new Int32Array(passes))));
      const values = mcRegression(indexSelect(first, tensor(new Int32Array(passes))));
      const other = mcClassification(
        stack([
          first,
          first.add(tensor(Float64Array.from({ length: logits.shape[2]! }, (_, k) => k))),
        ]).reshape([2, ...first.shape.slice(1)]),
      );
      const disagree = logits.shape[2]! > 1;
      return Math.min(
        exactly(same.variance, zerosLike(same.variance)),
        exactly(same.mutualInformation, zerosLike(same.mutualInformation)),
        exactly(values.mean, first),
        exactly(values.variance, zerosLike(values.variance)),
        holds(!disagree || [...other.mutualInformation.data()].every((value) => value > 0)),
        holds(!disagree || [...other.variance.data()].every((value) => value > 0)),
      );
    },
  }),
  law({
    id: 'mc-dropout/moments',
    statement:
      'The variance is (1/T) sum y^2 - mean^2, plus 1 / tau if it is given; unbiased it is T / (T - 1) of the first part; equal weights change nothing.',
    cases: drawn((draw) => ({
      y: draw.tensor([draw.integer(2, 6), draw.integer(1, 3)]),
      tau: real(draw, 0.1, 5),
      held: draw.pick([true, false]),
    })),
    slack: ({ y, tau, held }) => {
      const n = y.shape[0]!;
      const mean = sum(y, { axis: 0 }).div(n);
      const variance = sub(sum(square(y), { axis: 0 }).div(n), square(mean));
      const got = mcRegression(y);
      const weights = ones([n], { dtype: 'float64' }).mul(3);
      return Math.min(
        near(got.mean, mean, 1e-13),
        near(got.variance, variance, 1e-12),
        near(
          mcRegression(y, { tau: held ? tensor(tau, { dtype: 'float64' }) : tau }).variance,
          variance.add(1 / tau),
          1e-12,
        ),
        near(mcRegression(y, { unbiased: true }).variance, variance.mul(n / (n - 1)), 1e-12),
        near(mcRegression(y, { weights }).variance, variance, 1e-12),
        near(mcClassification(y, { weights }).variance, mcClassification(y).variance, 1e-13),
      );
    },
  }),
];
