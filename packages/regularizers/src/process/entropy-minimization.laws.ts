import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  concat,
  exp,
  full,
  grad,
  logSoftmax,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { confidencePenalty } from './confidence-penalty.ts';
import { entropyMinimization, entropyMinimizationMethod } from './entropy-minimization.ts';

/** What entropy minimization promises. */
export const entropyMinimizationLaws: readonly Law[] = [
  law({
    id: 'entropy-minimization/definition',
    statement: 'It is -lambda mean_n sum_k p_k log p_k, from 0 to lambda log K.',
    cases: drawn((draw) => ({
      logits: draw.tensor([draw.integer(1, 4), draw.integer(1, 5)]),
      lambda: real(draw, 0, 2),
    })),
    slack: ({ logits, lambda }) => {
      const [n, classes] = logits.shape as [number, number];
      const logp = logSoftmax(logits);
      const value = entropyMinimization(logits, { lambda });
      return Math.min(
        near(value, (-lambda * sum(exp(logp).mul(logp)).item()) / n, 1e-13),
        atMost(0, value),
        atMost(value, lambda * Math.log(classes) + 1e-13),
      );
    },
  }),
  law({
    id: 'entropy-minimization/opposes-confidence-penalty',
    statement: 'Of equal strength it and the confidence penalty cancel out.',
    cases: drawn((draw) => ({
      logits: draw.tensor([draw.integer(1, 4), 3]),
      lambda: real(draw, 0, 2),
    })),
    slack: ({ logits, lambda }) =>
      exactly(
        entropyMinimization(logits, { lambda }).add(confidencePenalty(logits, { beta: lambda })),
        0,
      ),
  }),
  law({
    id: 'entropy-minimization/descent-sharpens',
    statement:
      'A small step down its gradient lowers the entropy, and raises the largest probability of two classes.',
    cases: drawn((draw) => ({ logit: draw.tensor([], { avoid: [0], min: -3, max: 3 }) })),
    slack: ({ logit }) => {
      const z = tensor(Float64Array.of(logit.item(), 0), { shape: [1, 2] });
      const loss = (x: Tensor): Tensor => entropyMinimization(x, { lambda: 1 });
      const after = z.sub(grad(loss)(z).mul(0.1));
      const gap = (x: Tensor): number => Math.abs(x.data()[0]! - x.data()[1]!);
      return Math.min(holds(gap(after) > gap(z)), holds(loss(after).item() < loss(z).item()));
    },
  }),
  law({
    id: 'entropy-minimization/impossible-classes',
    statement: 'A class with a logit of -Infinity adds nothing to the entropy or its gradient.',
    cases: drawn((draw) => ({ logits: draw.tensor([draw.integer(1, 3), draw.integer(1, 3)]) })),
    slack: ({ logits }) => {
      const ends = (z: Tensor, end: number): Tensor =>
        concat([z, full([z.shape[0]!, 1], end, { dtype: 'float64' })], { axis: 1 });
      const loss = (z: Tensor): Tensor => entropyMinimization(z, { lambda: 1 });
      const wide = ends(logits, -Infinity);
      return Math.min(
        near(loss(wide), loss(logits), 1e-14),
        near(grad(loss)(wide), ends(grad(loss)(logits), 0), 1e-14),
      );
    },
  }),
  law({
    id: 'entropy-minimization/zero-strength',
    statement: 'A strength of 0, a number or a cell, gives value 0 and gradient 0, even for NaN.',
    cases: drawn((draw) => ({
      logits: draw.tensor([draw.integer(1, 3), 2]).mul(draw.pick([1, Number.NaN, Infinity])),
      held: draw.pick([true, false]),
    })),
    slack: ({ logits, held }) => {
      const lambda = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const slope = grad((z: Tensor) => entropyMinimization(z, { lambda }))(logits);
      return Math.min(
        exactly(entropyMinimization(logits, { lambda }), 0),
        exactly(slope, new Float64Array(logits.size)),
      );
    },
  }),
  recipeLaw(entropyMinimizationMethod, (_model, { lambda }, { output, batch }) =>
    entropyMinimization(output, { lambda: lambda!, sampleWeight: batch.sampleWeight! }),
  ),
  law({
    id: 'entropy-minimization/weights',
    statement: 'With weights of rows it is minus the confidence penalty with the same weights.',
    cases: drawn((draw) => ({
      logits: draw.tensor([3, 3]),
      sampleWeight: draw.tensor([3], { min: 0.5, max: 2 }),
    })),
    slack: ({ logits, sampleWeight }) =>
      near(
        entropyMinimization(logits, { lambda: 2, sampleWeight }),
        confidencePenalty(logits, { beta: 2, sampleWeight }).neg(),
        1e-14,
      ),
    effort: 0.2,
  }),
];
