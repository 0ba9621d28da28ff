import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  cosh,
  div,
  grad,
  hvp,
  matmul,
  mul,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zerosLike,
} from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { innerWeightsLaw } from '../laws/inner-weights.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import {
  labelsFor,
  type SmallParameters,
  smallForward,
  smallNetwork,
} from '../laws/small-network.ts';
import { smallStep } from '../laws/small-step.ts';
import { thrown } from '../laws/thrown.ts';
import { geometricOccamLaws } from './geometric-occam.laws.ts';
import { geometricOccam } from './geometric-occam.ts';
import { gradientPenalty, gradientPenaltyMethod, gradientPenaltyTerm } from './gradient-penalty.ts';
import {
  gradientFlow,
  implicitGradientOrder,
  implicitGradientPenalty,
  modifiedLoss,
} from './implicit-gradient-regularization.ts';

const names = ['w1', 'b1', 'w2', 'b2'] as const;

/** The worst over the parameters. */
const each = (slack: (name: (typeof names)[number]) => number): number =>
  Math.min(...names.map(slack));

const classification = drawn((draw) => {
  const network = smallNetwork(draw);
  const y = labelsFor(draw, network.x, network.p.b2.size);
  return { ...network, y, lambda: real(draw, 0.01, 1) };
});

/** What gradient penalties on parameters promise. */
export const gradientPenaltyLaws: readonly Law[] = [
  law({
    id: 'gradient-penalty/hessian-vector-product',
    statement:
      'The gradient of lambda ||dL/dp||^2 is 2 lambda H dL/dp, with the Hessian H of the mean loss.',
    cases: classification,
    slack: ({ p, act, x, y, lambda }) => {
      const loss = (q: SmallParameters): Tensor => crossEntropy(smallForward(q, act, x), y);
      const got = grad((q: SmallParameters) => gradientPenalty(loss, q, { lambda }))(p);
      const [product] = hvp(loss, [p], [grad(loss)(p)]);
      return each((name) => near(got[name], mul(product[name], 2 * lambda), 1e-12));
    },
    effort: 0.5,
  }),
  law({
    id: 'gradient-penalty/hvp-option',
    statement:
      'The option hvp gives the loss, the penalty and dL/dp + 2 lambda H dL/dp, as differentiating the sum does.',
    cases: classification,
    slack: ({ p, act, x, y, lambda }) => {
      const loss = (q: SmallParameters): Tensor => crossEntropy(smallForward(q, act, x), y);
      const got = gradientPenalty(loss, p, { lambda, hvp: true });
      const penalty = gradientPenalty(loss, p, { lambda });
      const want = grad((q: SmallParameters) => loss(q).add(gradientPenalty(loss, q, { lambda })))(
        p,
      );
      return Math.min(
        near(got.dataLoss, loss(p), 1e-13),
        near(got.penalty, penalty, 1e-13),
        each((name) => near(got.gradients[name], want[name], 1e-12)),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'gradient-penalty/quadratic',
    statement:
      'For L = w^T A w / 2 - b^T w the gradient of L + lr/4 ||dL/dw||^2 is (I + lr A / 2)(A w - b).',
    cases: drawn((draw) => {
      const d = draw.integer(1, 4);
      const root = draw.tensor([d, d]);
      return {
        a: matmul(root, transpose(root)),
        b: draw.tensor([d]),
        w: draw.tensor([d]),
        lr: real(draw, 0, 1),
      };
    }),
    slack: ({ a, b, w, lr }) => {
      const loss = (v: Tensor): Tensor => sum(mul(v, matmul(a, v).mul(0.5).sub(b)));
      const got = grad((v: Tensor) => modifiedLoss(loss, v, { lr }))(w);
      const slope = matmul(a, w).sub(b);
      const want = slope.add(matmul(a, slope).mul(lr / 2));
      // Rounding is relative to the largest term, not to what is left of it.
      const size = 1 + square(a).sum().item() * (1 + square(slope).sum().item());
      return near(div(got, size), div(want, size), 1e-13);
    },
  }),
  law({
    id: 'gradient-penalty/one-step-orders',
    statement:
      'A step of gradient descent is O(lr^2) from the flow of L, and O(lr^3) from the flow of L + lr/4 ||dL/dp||^2.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 3)], { min: 0.3, max: 1 }),
      stiffness: real(draw, 0.5, 1.5),
    })),
    slack: ({ w, stiffness }) => {
      const loss = (v: Tensor): Tensor => sum(cosh(v)).mul(stiffness);
      const { flowOrder, modifiedOrder } = implicitGradientOrder(loss, w, { lr: 0.02, rates: 3 });
      return Math.min(near(flowOrder.at(-1)!, 2, 0.03), near(modifiedOrder.at(-1)!, 3, 0.03));
    },
    effort: 0.1,
  }),
  law({
    id: 'gradient-penalty/flow-defaults',
    statement: 'The flow takes 16 steps by default, and orders are measured at 4 rates.',
    cases: drawn((draw) => ({ w: draw.tensor([2], { min: 0.3, max: 1 }) })),
    slack: ({ w }) => {
      const loss = (v: Tensor): Tensor => sum(cosh(v));
      const [flow, orders] = [{ time: 0.5 }, { lr: 0.02, steps: 2 }];
      return Math.min(
        exactly(gradientFlow(loss, w, flow), gradientFlow(loss, w, { ...flow, steps: 16 })),
        exactly(
          implicitGradientOrder(loss, w, orders).flowOrder,
          implicitGradientOrder(loss, w, { ...orders, rates: 4 }).flowOrder,
        ),
      );
    },
    effort: 0.01,
  }),
  law({
    id: 'gradient-penalty/fixed-time-orders',
    statement:
      'Over a fixed time gradient descent is O(lr) from the flow of L, and O(lr^2) from the flow of L + lr/4 ||dL/dp||^2.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 3)], { min: 0.3, max: 1 }),
      stiffness: real(draw, 0.5, 1.5),
    })),
    slack: ({ w, stiffness }) => {
      const loss = (v: Tensor): Tensor => sum(cosh(v)).mul(stiffness);
      const settings = { lr: 0.05, rates: 2, steps: 4 };
      const { flowOrder, modifiedOrder } = implicitGradientOrder(loss, w, settings);
      return Math.min(near(flowOrder[0]!, 1, 0.1), near(modifiedOrder[0]!, 2, 0.1));
    },
    effort: 0.05,
  }),
  law({
    id: 'gradient-penalty/zero-only-where-stationary',
    statement:
      'The penalty is 0 where the loss is stationary, and lambda times the sum of all squared slopes elsewhere.',
    cases: drawn((draw) => {
      const [n, d] = [draw.integer(1, 3), draw.integer(1, 3)];
      return {
        a: draw.tensor([n, d], { avoid: [0] }),
        best: draw.tensor([d]),
        away: draw.tensor([d], { avoid: [0] }),
        lambda: real(draw, 0.1, 2),
      };
    }),
    slack: ({ a, best, away, lambda }) => {
      const y = matmul(a, best);
      const loss = (w: Tensor): Tensor => sum(square(sub(matmul(a, w), y))).mul(0.5);
      const there = gradientPenalty(loss, best, { lambda });
      const w = best.add(away);
      const residual = sub(matmul(a, w), y);
      const want = sum(square(matmul(transpose(a), residual))).mul(lambda);
      const elsewhere = gradientPenalty(loss, w, { lambda });
      const moved = square(residual).sum().item();
      return Math.min(
        exactly(there, 0),
        near(elsewhere, want, 1e-12),
        // A^T r = 0 with r in the range of A only if r = 0.
        moved === 0 ? 1 : holds(elsewhere.item() > 0),
      );
    },
  }),
  law({
    id: 'gradient-penalty/zero-strength',
    statement:
      'A strength of 0 gives value 0 and gradient 0, even where the loss is infinite, and still depends on the parameters.',
    cases: drawn((draw) => ({
      w: draw.tensor([2], { avoid: [0] }),
      held: draw.pick([true, false]),
    })),
    slack: ({ w, held }) => {
      const lambda = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const loss = (v: Tensor): Tensor => sum(div(1, sub(v, w)));
      const at = { w };
      const value = gradientPenalty((p) => loss(p.w), at, { lambda });
      const penalty = (p: typeof at): Tensor => gradientPenalty((q) => loss(q.w), p, { lambda });
      const slope = grad(penalty, { unreached: 'error' })(at);
      return Math.min(exactly(value, 0), exactly(slope.w, zerosLike(w)));
    },
  }),
  law({
    id: 'gradient-penalty/unreached',
    statement:
      "A parameter that the loss does not depend on is an error, unless 'zeros' lets it count as one of gradient 0.",
    cases: drawn((draw) => ({
      at: { w: draw.tensor([2]), unused: draw.tensor([2]) },
      lambda: real(draw, 0.1, 1),
    })),
    slack: ({ at, lambda }) => {
      const loss = (p: typeof at): Tensor => sum(square(p.w));
      const error = thrown(() => gradientPenalty(loss, at, { lambda }));
      const got = gradientPenalty(loss, at, { lambda, unreached: 'zeros' });
      return Math.min(
        holds(String(error).includes('unused')),
        near(got, sum(square(at.w)).mul(4 * lambda), 1e-13),
      );
    },
  }),
  law({
    id: 'gradient-penalty/mean-not-sum',
    statement:
      'By the triangle inequality the penalty of the mean loss is at most the mean of the penalties of single examples.',
    cases: classification,
    slack: ({ p, act, x, y, lambda }) => {
      const penaltyOf = (rows: Tensor, labels: Tensor): number =>
        gradientPenalty((q) => crossEntropy(smallForward(q, act, rows), labels), p, {
          lambda,
        }).item();
      const n = x.shape[0]!;
      const single = Array.from({ length: n }, (_, i) => {
        const row = [{ start: i, stop: i + 1 }];
        return penaltyOf(slice(x, row), slice(y, row));
      });
      return atMost(penaltyOf(x, y), single.reduce((a, b) => a + b, 0) / n, 1e-12);
    },
    effort: 0.5,
  }),
  law({
    id: 'gradient-penalty/in-a-step',
    statement:
      'The term of a step is the penalty of the loss of its rows, with its masks, over all parameters.',
    cases: drawn((draw) => ({ ...smallStep(draw), lambda: real(draw, 0, 1) })),
    slack: ({ model, context, lambda }) => {
      const loss = (): Tensor => context.loss(context.forward(context.batch.x));
      const want = gradientPenalty(loss, model, { lambda });
      return near(gradientPenaltyTerm({ lambda })(context), want, 1e-13);
    },
    effort: 0.1,
  }),
  ...geometricOccamLaws,
  innerWeightsLaw('gradient-penalty', (forward, x, lambda) =>
    gradientPenalty((rows: Tensor) => sum(square(forward(rows))), x, { lambda }),
  ),
  recipeLaw(gradientPenaltyMethod, (_model, { lambda }, step) =>
    gradientPenaltyTerm({ lambda: lambda! })(step),
  ),
  law({
    id: 'gradient-penalty/unreached-and-held',
    statement:
      'The term passes on what to do with unreached parameters; a rate in a tensor is that of a number; analysis leaves cells as they are, and takes an MLP for its layers.',
    cases: drawn((draw) => ({ ...smallStep(draw), lr: real(draw, 0.01, 0.1) })),
    slack: ({ model, context, lr }) => {
      const x = slice(context.batch.x, [{ stop: 1 }]);
      const loss = (): Tensor => square(model.forward(x)).sum();
      const before = model.parameterValues();
      gradientFlow(loss, model, { time: lr, steps: 1 });
      const kept = Object.entries(model.parameterValues()).map(([name, w]) =>
        exactly(w, before[name]!),
      );
      const held = tensor(lr, { dtype: 'float64' });
      const blind = { ...context, loss: () => square(model.layers[0]!.weight).sum() };
      const term = (unreached: 'error' | 'zeros') => (): Tensor =>
        gradientPenaltyTerm({ lambda: 1, unreached })(blind);
      const { value } = geometricOccam(model, x.reshape([x.size]), {
        head: (output) => square(output).sum(),
      });
      return Math.min(
        ...kept,
        near(
          implicitGradientPenalty(loss, model, { lr: held }),
          implicitGradientPenalty(loss, model, { lr }),
          1e-13,
        ),
        holds(thrown(term('zeros')) === null && thrown(term('error')) !== null),
        near(value, loss(), 1e-12),
      );
    },
    effort: 0.1,
  }),
];
