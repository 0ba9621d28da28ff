import { drawn, type Law, law } from '@tikhonov/check';
import {
  arange,
  Cell,
  exp,
  grad,
  logSoftmax,
  softmax,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { klDiv } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { confidencePenalty, confidencePenaltyMethod } from './confidence-penalty.ts';
import { entropyOfLogits } from './entropy.ts';

/** Logits and a strength. */
const weighed = drawn((draw) => ({
  logits: draw.tensor([draw.integer(1, 4), draw.integer(1, 5)]),
  beta: real(draw, 0, 2),
}));

/** What the confidence penalty promises. */
export const confidencePenaltyLaws: readonly Law[] = [
  law({
    id: 'confidence-penalty/reverse-kl',
    statement: 'The penalty is beta (mean KL(p || uniform) - log K), label smoothing turned round.',
    cases: weighed,
    slack: ({ logits, beta }) => {
      const classes = logits.shape[1]!;
      const uniform = logits.mul(0).sub(Math.log(classes));
      const kl = klDiv(uniform, softmax(logits), { reduction: 'batchmean' }).item();
      return near(confidencePenalty(logits, { beta }), beta * (kl - Math.log(classes)), 1e-13);
    },
  }),
  law({
    id: 'confidence-penalty/gradient',
    statement: 'The gradient in the logits is beta / N p (log p + H(p)).',
    cases: weighed,
    slack: ({ logits, beta }) => {
      const logp = logSoftmax(logits);
      const p = exp(logp);
      const h = sum(p.mul(logp), { axis: 1, keepdims: true }).mul(-1);
      const want = p.mul(logp.add(h)).mul(beta / logits.shape[0]!);
      return near(grad((z: Tensor) => confidencePenalty(z, { beta }))(logits), want, 1e-14);
    },
  }),
  law({
    id: 'confidence-penalty/range',
    statement: 'It lies between -beta log K, for uniform predictions, and 0, for certain ones.',
    cases: drawn((draw) => ({
      logits: draw.tensor([draw.integer(1, 4), draw.integer(2, 5)]),
      beta: real(draw, 0.1, 2),
    })),
    slack: ({ logits, beta }) => {
      const lowest = -beta * Math.log(logits.shape[1]!);
      const value = confidencePenalty(logits, { beta }).item();
      const certain = logits.mul(0).add(arange(logits.shape[1]!, { dtype: 'float64' }).mul(1e4));
      return Math.min(
        atMost(lowest, value),
        atMost(value, 0),
        near(confidencePenalty(logits.mul(0), { beta }), lowest, 1e-14),
        exactly(confidencePenalty(certain, { beta }), 0),
      );
    },
  }),
  law({
    id: 'confidence-penalty/shift',
    statement: 'Adding a constant to the logits of a row changes nothing.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return { logits: draw.tensor([n, 3]), shift: draw.tensor([n, 1]), beta: real(draw, 0, 2) };
    }),
    slack: ({ logits, shift, beta }) =>
      near(
        confidencePenalty(logits.add(shift), { beta }),
        confidencePenalty(logits, { beta }),
        1e-13,
      ),
  }),
  law({
    id: 'confidence-penalty/zero-strength',
    statement: 'A strength of 0, a number or a cell, gives value 0 and gradient 0, even for NaN.',
    cases: drawn((draw) => ({
      logits: draw.tensor([draw.integer(1, 3), 2]).mul(draw.pick([1, Number.NaN, Infinity])),
      held: draw.pick([true, false]),
    })),
    slack: ({ logits, held }) => {
      const beta = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const slope = grad((z: Tensor) => confidencePenalty(z, { beta }))(logits);
      return Math.min(
        exactly(confidencePenalty(logits, { beta }), 0),
        exactly(slope, new Float64Array(logits.size)),
      );
    },
  }),
  law({
    id: 'confidence-penalty/weights',
    statement:
      'With weights of rows the mean is sum(w H) / sum(w), and rows of weight 0 do not count.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      const off = Array.from({ length: n }, (_, i) => i > 0 && draw.pick([true, false]));
      const weights = Array.from(draw.tensor([n], { min: 0.1, max: 2 }).data(), (w, i) =>
        off[i] ? 0 : w,
      );
      return { logits: draw.tensor([n, 3]), weights, beta: real(draw, 0, 2) };
    }),
    slack: ({ logits, weights, beta }) => {
      const h = entropyOfLogits(logits).data();
      const total = weights.reduce((a, b) => a + b, 0);
      const want = (-beta * weights.reduce((a, w, i) => a + w * h[i]!, 0)) / total;
      const sampleWeight = tensor(Float64Array.from(weights));
      return near(confidencePenalty(logits, { beta, sampleWeight }), want, 1e-13);
    },
  }),
  recipeLaw(confidencePenaltyMethod, (_model, { beta }, { output, batch }) =>
    confidencePenalty(output, { beta: beta!, sampleWeight: batch.sampleWeight! }),
  ),
];
