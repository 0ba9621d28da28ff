import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  norm,
  random,
  reshape,
  square,
  sum,
  type Tensor,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { crossEntropy } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import {
  labelsFor,
  type SmallParameters,
  smallForward,
  smallNetwork,
} from '../laws/small-network.ts';
import { type AdversarialExampleOptions, adversarialExample } from './adversarial-example.ts';
import { inputGradientPenalty } from './input-gradient-penalty.ts';

/** A small classifier, rows for it, and what moves the rows. */
export interface ClassifierCase {
  readonly p: SmallParameters;
  /** `[n, inputs]` */
  readonly x: Tensor;
  /** `[n]` */
  readonly y: Tensor;
  /** The loss of every row with other parameters, and with other labels if they are given. */
  readonly lossesFor: (q: SmallParameters, rows: Tensor, labels?: Tensor) => Tensor;
  readonly losses: (rows: Tensor) => Tensor;
  readonly epsilon: number;
  readonly alpha: number;
  readonly start: Tensor;
  readonly seed: number;
}

/** Draws a classifier. */
export function classifierOf(draw: CaseDraw): ClassifierCase {
  const { p, act, x } = smallNetwork(draw);
  const y = labelsFor(draw, x, p.b2.size);
  const lossesFor = (q: SmallParameters, rows: Tensor, labels = y): Tensor =>
    crossEntropy(smallForward(q, act, rows), labels, { reduction: 'none' });
  return {
    p,
    x,
    y,
    lossesFor,
    losses: (rows) => lossesFor(p, rows),
    epsilon: real(draw, 0, 0.5),
    alpha: real(draw, 0, 1),
    start: draw.tensor(x.shape, { min: -1, max: 1 }),
    seed: draw.integer(0, 1e6),
  };
}

const classification = drawn(classifierOf);

/** Losses that are linear in the input: `w . x` for every sample. */
const linear = drawn((draw) => {
  const [n, d] = [draw.integer(1, 3), draw.integer(1, 3)];
  const w = draw.tensor([d, 1], { avoid: [0] });
  return {
    w,
    x: draw.tensor([n, d]),
    losses: (rows: Tensor): Tensor => reshape(matmul(rows, w), [-1]),
    epsilon: real(draw, 0, 0.5),
  };
});

const directions = [
  { direction: 'gradient', norm: 'l2-squared' },
  { direction: 'fgm', norm: 'l2' },
  { direction: 'fgsm', norm: 'l1' },
] as const;

/** What adversarial examples promise. */
export const adversarialExampleLaws: readonly Law[] = [
  law({
    id: 'adversarial-training/first-order',
    statement:
      'The mean loss at x + epsilon times the direction exceeds that at x by epsilon times the gradient penalty, up to O(epsilon^2).',
    cases: classification,
    slack: ({ x, losses }) => {
      const clean = mean(losses(x)).item();
      return Math.min(
        ...directions.map(({ direction, norm: size }) => {
          const penalty = inputGradientPenalty(losses, x, { lambda: 1, norm: size }).item();
          const remainder = (epsilon: number): number =>
            (mean(losses(adversarialExample(losses, x, { direction, epsilon }))).item() -
              clean -
              epsilon * penalty) /
            epsilon ** 2;
          // Constant but for O(epsilon): the remainder itself grows fourfold when epsilon doubles.
          const [one, two] = [remainder(1e-4), remainder(2e-4)];
          const scale = 1 + penalty ** 1.5;
          return Math.min(near(two / scale, one / scale, 2e-2), atMost(Math.abs(one), 100 * scale));
        }),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'adversarial-training/size-of-the-step',
    statement:
      'FGSM moves every element whose gradient is not 0 by epsilon, and FGM every sample by length epsilon.',
    cases: linear,
    slack: ({ x, losses, epsilon }) => {
      const moved = (direction: 'fgsm' | 'fgm'): Tensor =>
        adversarialExample(losses, x, { direction, epsilon }).sub(x);
      return Math.min(
        near(abs(moved('fgsm')), x.mul(0).add(epsilon), 1e-14),
        near(norm(moved('fgm'), { axis: 1 }), sum(x.mul(0), { axis: 1 }).add(epsilon), 1e-14),
      );
    },
  }),
  law({
    id: 'adversarial-training/worst-case-of-linear-losses',
    statement:
      'For losses w . x no point of the box has a larger loss than FGSM and PGD find, epsilon ||w||_1 more, nor one of the ball than FGM finds.',
    cases: linear,
    slack: ({ w, x, losses, epsilon }) => {
      const rise = (options: AdversarialExampleOptions): Tensor =>
        losses(adversarialExample(losses, x, options)).sub(losses(x));
      const same = (value: Tensor): Tensor => losses(x).mul(0).add(value.mul(epsilon));
      const box = same(sum(abs(w)));
      return Math.min(
        near(rise({ epsilon }), box, 1e-13),
        near(rise({ direction: 'pgd', epsilon, steps: 3 }), box, 1e-13),
        near(rise({ direction: 'fgm', epsilon }), same(norm(w)), 1e-13),
        near(rise({ direction: 'gradient', epsilon }), same(sum(square(w))), 1e-13),
      );
    },
  }),
  law({
    id: 'adversarial-training/projection',
    statement:
      'Projected steps end within epsilon of x in every element, and within the range of values, wherever they start.',
    cases: classification,
    slack: ({ x, losses, epsilon, start, seed }) => {
      const [clipMin, clipMax] = [-1, 1];
      const starts = [{ start }, { key: random.key(seed) }, {}];
      return Math.min(
        ...starts.map((where) => {
          const options = { direction: 'pgd', epsilon, steps: 2, stepSize: 0.4, ...where } as const;
          const free = adversarialExample(losses, x, options);
          const kept = adversarialExample(losses, x, { ...options, clipMin, clipMax });
          return Math.min(
            atMost(max(abs(free.sub(x))), epsilon + 1e-15, 1e-12),
            exactly(kept, minimum(maximum(kept, clipMin), clipMax)),
          );
        }),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'adversarial-training/one-step-is-fgsm',
    statement:
      'A single projected step of size epsilon from the input itself is FGSM; by default there are 7 of 2.5 / 7 epsilon.',
    cases: classification,
    slack: ({ x, losses, epsilon }) => {
      const options = { direction: 'pgd', epsilon, steps: 1, stepSize: epsilon } as const;
      const seven = { ...options, steps: 7, stepSize: (2.5 / 7) * epsilon };
      return Math.min(
        near(
          adversarialExample(losses, x, options),
          adversarialExample(losses, x, { epsilon }),
          1e-15,
        ),
        near(
          adversarialExample(losses, x, { direction: 'pgd', epsilon }),
          adversarialExample(losses, x, seven),
          1e-12,
        ),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'adversarial-training/stationary-samples-stay',
    statement: 'A sample with gradient 0 is not moved by any direction.',
    cases: drawn((draw) => ({ x: draw.tensor([2, 2]), epsilon: real(draw, 0, 0.5) })),
    slack: ({ x, epsilon }) => {
      const losses = (rows: Tensor): Tensor => sum(square(rows.sub(x)), { axis: 1 });
      const all = ['fgsm', 'fgm', 'gradient', 'pgd'] as const;
      return Math.min(
        ...all.map((direction) =>
          exactly(adversarialExample(losses, x, { direction, epsilon }), x),
        ),
      );
    },
  }),
];
