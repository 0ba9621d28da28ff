import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  grad,
  logSoftmax,
  random,
  softmax,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { gaussianNoise } from '@tikhonov/data';
import { klDiv } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { smallStep } from '../laws/small-step.ts';
import { stepOf } from '../laws/step.ts';
import { consistencyPenalty } from './consistency.ts';
import { piModelMethod, piModelTerm } from './pi-model.ts';

interface Problem {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly lambda: number;
}

const problem = (draw: CaseDraw): Problem => {
  const shape = [draw.integer(1, 4), draw.integer(1, 4)];
  return { a: draw.tensor(shape), b: draw.tensor(shape), lambda: real(draw, 0, 3) };
};

/** What the consistency of two passes promises. */
export const piModelLaws: readonly Law[] = [
  law({
    id: 'pi-model/distance',
    statement:
      'It is lambda times the mean squared distance of the two distributions: symmetric, 0 for equal ones, at most 2 lambda.',
    cases: drawn(problem),
    slack: ({ a, b, lambda }) => {
      const value = consistencyPenalty(a, b, { lambda });
      const gap = softmax(a).sub(softmax(b));
      const want = (lambda * sum(gap.mul(gap)).item()) / a.shape[0]!;
      return Math.min(
        near(value, want, 1e-14),
        near(value, consistencyPenalty(b, a, { lambda }), 1e-14),
        exactly(consistencyPenalty(a, a, { lambda }), 0),
        atMost(value, 2 * lambda),
      );
    },
  }),
  law({
    id: 'pi-model/kl',
    statement: "The measure 'kl' is the divergence of the prediction from the target, batch mean.",
    cases: drawn(problem),
    slack: ({ a, b, lambda }) => {
      const logQ = logSoftmax(a);
      const want = klDiv(logQ, softmax(b), { reduction: 'batchmean' }).item() * lambda;
      return near(consistencyPenalty(a, b, { lambda, measure: 'kl' }), want, 1e-13);
    },
  }),
  law({
    id: 'pi-model/small-noise',
    statement:
      'For small noise on the logits it is sigma^2 times the squared Frobenius norm of the Jacobian of the probabilities.',
    cases: drawn((draw) => ({ z: draw.tensor([1, draw.integer(2, 4)], { min: -2, max: 2 }) })),
    slack: ({ z }) => {
      const [sigma, classes] = [1e-4, z.shape[1]!];
      // Two opposite points per direction have the second moments of the normal distribution.
      let total = 0;
      for (let k = 0; k < classes; k++) {
        for (const sign of [-1, 1]) {
          const move = Float64Array.from({ length: classes }, (_, j) =>
            j === k ? sign * sigma * Math.sqrt(classes) : 0,
          );
          const moved = z.add(tensor(move));
          total += consistencyPenalty(z, moved, { lambda: 1 }).item() / (2 * classes);
        }
      }
      const p = Array.from(softmax(z).data());
      const squares = p.reduce((s, x) => s + x * x, 0);
      const jacobian = p.reduce((s, x) => s + x * x * (1 - 2 * x + squares), 0);
      return near(total / sigma ** 2 / jacobian, 1, 1e-5);
    },
  }),
  law({
    id: 'pi-model/both-passes-learn',
    statement: 'Gradients flow through both passes, into the target as into the prediction.',
    cases: drawn(problem),
    slack: ({ a, b, lambda }) => {
      const intoTarget = grad((t: Tensor) => consistencyPenalty(a, t, { lambda }))(b);
      const intoPrediction = grad((z: Tensor) => consistencyPenalty(z, a, { lambda }))(b);
      return near(intoTarget, intoPrediction, 1e-14);
    },
  }),
  law({
    id: 'pi-model/other-masks',
    statement:
      'The second pass of a step has masks of its own, other ones in each step, and noise that is drawn apart from them; rows count by their weights.',
    cases: drawn((draw) => ({ ...smallStep(draw), sigma: draw.pick([0, 0.5]) })),
    slack: ({ context, sigma }) => {
      const { batch, output, rng } = context;
      const rngOfPass = random.foldIn(rng, 'pi-model');
      const noise = random.foldIn(rngOfPass, 'noise');
      const rows = sigma === 0 ? batch.x : gaussianNoise(batch.x, { sigma, key: noise });
      const second = context.forward(rows, { rng: rngOfPass });
      const options = { lambda: 1, sampleWeight: batch.sampleWeight! };
      return near(
        piModelTerm({ lambda: 1, sigma })(context),
        consistencyPenalty(second, output, options),
        1e-13,
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'pi-model/needs-disturbance',
    statement:
      'Without dropout and noise the two passes agree and the term is exactly 0; with noise it is not.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 3), 2]),
      seed: draw.integer(0, 1e6),
    })),
    slack: ({ x, seed }) => {
      const step = stepOf(x, seed);
      return Math.min(
        exactly(piModelTerm({ lambda: 1 })(step), 0),
        holds(piModelTerm({ lambda: 1, sigma: 1 })(step).item() > 0),
      );
    },
  }),
  law({
    id: 'pi-model/zero-strength',
    statement: 'A strength of 0, a number or a cell, gives value 0 and gradient 0, even for NaN.',
    cases: drawn((draw) => ({
      logits: draw.tensor([draw.integer(1, 3), 2]).mul(draw.pick([1, Number.NaN, Infinity])),
      measure: draw.pick(['mse', 'kl'] as const),
      held: draw.pick([true, false]),
    })),
    slack: ({ logits, measure, held }) => {
      const lambda = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const target = zeros(logits.shape, { dtype: 'float64' });
      const penalty = (z: Tensor): Tensor => consistencyPenalty(z, target, { lambda, measure });
      return Math.min(
        exactly(penalty(logits), 0),
        exactly(grad(penalty)(logits), new Float64Array(logits.size)),
      );
    },
  }),
  recipeLaw(piModelMethod, (_model, { lambda, sigma }, step) =>
    piModelTerm({ lambda: lambda!, sigma: sigma! })(step),
  ),
  law({
    id: 'pi-model/second-pass-against-the-first',
    statement:
      "The step's own pass is the target of the second; gradients flow into both, and rows count by their weights.",
    cases: drawn((draw) => smallStep(draw)),
    slack: ({ model, context }) => {
      const key = random.foldIn(context.rng, 'pi-model');
      const options = { lambda: 1, measure: 'kl' } as const;
      const weight = model.layers[0]!.weight;
      const both = [
        (output: Tensor) => piModelTerm(options)({ ...context, output }),
        (output: Tensor) =>
          consistencyPenalty(context.forward(context.batch.x, { rng: key }), output, {
            ...options,
            sampleWeight: context.batch.sampleWeight!,
          }),
      ].map((f) =>
        valueAndGrad(() => f(context.forward(context.batch.x)), { createGraph: false })({ weight }),
      );
      return Math.min(
        near(both[0]![0], both[1]![0], 1e-13),
        near(both[0]![1].weight, both[1]![1].weight, 1e-12),
      );
    },
    effort: 0.2,
  }),
];
