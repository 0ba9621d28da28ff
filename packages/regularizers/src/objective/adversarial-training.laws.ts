import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  add,
  grad,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  norm,
  random,
  reshape,
  slice,
  square,
  sub,
  sum,
  type Tensor,
} from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import {
  labelsFor,
  type SmallParameters,
  smallForward,
  smallNetwork,
} from '../laws/small-network.ts';
import { smallStep, someRows, withIgnoredRows } from '../laws/small-step.ts';
import { flooding } from '../process/flooding.ts';
import { type AdversarialExampleOptions, adversarialExample } from './adversarial-example.ts';
import {
  adversarialLoss,
  adversarialTerm,
  adversarialTrainingMethod,
} from './adversarial-training.ts';
import { inputGradientPenalty } from './input-gradient-penalty.ts';
import type { SampleLosses } from './per-sample.ts';

const classification = drawn((draw) => {
  const { p, act, x } = smallNetwork(draw);
  const y = labelsFor(draw, x, p.b2.size);
  const lossesFor = (q: SmallParameters, rows: Tensor, labels = y): Tensor =>
    crossEntropy(smallForward(q, act, rows), labels, { reduction: 'none' });
  return {
    p,
    x,
    y,
    lossesFor,
    losses: (rows: Tensor): Tensor => lossesFor(p, rows),
    epsilon: real(draw, 0, 0.5),
    alpha: real(draw, 0, 1),
    start: draw.tensor(x.shape, { min: -1, max: 1 }),
    seed: draw.integer(0, 1e6),
  };
});

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

/** Losses without any slope. */
const flat: SampleLosses = (rows) => sum(mul(rows, 0), { axis: 1 });

/** What adversarial training promises. */
export const adversarialTrainingLaws: readonly Law[] = [
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
  law({
    id: 'adversarial-training/perturbations-are-constants',
    statement:
      'The gradient is alpha times that of the loss at x plus 1 - alpha times that at the perturbed inputs, which are held fixed.',
    cases: classification,
    slack: ({ p, x, lossesFor, epsilon, alpha }) =>
      Math.min(
        ...(['fgm', 'gradient'] as const).map((direction) => {
          const moved = adversarialExample((rows) => lossesFor(p, rows), x, { direction, epsilon });
          const got = grad((q: SmallParameters) =>
            adversarialLoss((rows) => lossesFor(q, rows), x, { direction, epsilon, alpha }),
          )(p);
          const want = grad((q: SmallParameters) =>
            add(mul(mean(lossesFor(q, x)), alpha), mul(mean(lossesFor(q, moved)), 1 - alpha)),
          )(p);
          const names = ['w1', 'b1', 'w2', 'b2'] as const;
          return Math.min(...names.map((name) => near(got[name], want[name], 1e-12)));
        }),
      ),
    effort: 0.5,
  }),
  law({
    id: 'adversarial-training/in-a-step',
    statement:
      'The term of a step and its data loss add up to alpha times that loss plus 1 - alpha times that at the moved rows.',
    cases: drawn((draw) => ({
      ...smallStep(draw),
      epsilon: real(draw, 0, 0.5),
      alpha: real(draw, 0, 1),
      direction: draw.pick(['fgsm', 'fgm', 'gradient'] as const),
    })),
    slack: ({ context, losses, weightedMean, epsilon, alpha, direction }) => {
      const options = { direction, epsilon };
      const moved = adversarialExample(losses, context.batch.x, options);
      const want = add(
        mul(weightedMean(losses(context.batch.x)), alpha),
        mul(weightedMean(losses(moved)), 1 - alpha),
      );
      const term = adversarialTerm({ ...options, alpha })(context);
      return near(add(context.dataLoss, term), want, 1e-12);
    },
    effort: 0.1,
  }),
  law({
    id: 'adversarial-training/ignored-rows',
    statement: 'Rows that the loss leaves out by ignoreIndex count as rows of weight 0 do.',
    cases: drawn((draw) => {
      const step = smallStep(draw);
      const kept = someRows(draw, step.context.batch.x.shape[0]!);
      return { ...withIgnoredRows(step, kept), epsilon: real(draw, 0.1, 1) };
    }),
    slack: ({ ignoring, weighing, epsilon }) => {
      const options = { direction: 'gradient', epsilon } as const;
      return near(
        adversarialTerm({ ...options, ignoreIndex: -1 })(ignoring),
        adversarialTerm(options)(weighing),
        1e-13,
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'adversarial-training/below-the-flood-level',
    statement:
      'With a flooded loss the rows are moved to where the loss itself grows, also below the level.',
    cases: drawn((draw) => ({
      ...smallStep(draw),
      epsilon: real(draw, 0.05, 0.5),
      share: draw.pick([0.5, 2]),
      direction: draw.pick(['fgsm', 'fgm', 'gradient'] as const),
    })),
    slack: ({ context, losses, weightedMean, epsilon, share, direction }) => {
      const floodLevel = context.dataLoss.item() * share;
      const flooded = (loss: Tensor): Tensor => flooding(loss, { floodLevel });
      const step = {
        ...context,
        dataLoss: flooded(context.dataLoss),
        loss: (output: Tensor) => flooded(context.loss(output)),
      };
      const moved = adversarialExample(losses, context.batch.x, { direction, epsilon });
      const want = sub(flooded(weightedMean(losses(moved))), step.dataLoss).mul(0.5);
      return near(adversarialTerm({ direction, epsilon })(step), want, 1e-12);
    },
    effort: 0.1,
  }),
  law({
    id: 'adversarial-training/projected-start',
    statement:
      'With a key the first place of projected steps is uniform in the whole box, anew for each key: of both signs, and not the input; no place leaves the box.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 100]),
      seed: draw.integer(0, 1e6),
      epsilon: real(draw, 0.1, 1),
    })),
    slack: ({ x, seed, epsilon }) => {
      const still = { direction: 'pgd', epsilon, steps: 1, stepSize: 0 } as const;
      const startAt = (s: number): Tensor =>
        sub(adversarialExample(flat, x, { ...still, key: random.key(s) }), x).div(epsilon);
      const offsets = startAt(seed);
      const far = adversarialExample(flat, x, { ...still, start: x.mul(0).add(3 * epsilon) });
      // Of 200 uniform numbers the mean is within 6 / sqrt(600), that of the squares within 6 * sqrt(4 / 45 / 200).
      return Math.min(
        1 - Math.abs(mean(offsets).item()) * (Math.sqrt(600) / 6),
        1 - Math.abs(mean(square(offsets)).item() - 1 / 3) / (6 * Math.sqrt(4 / 45 / 200)),
        atMost(max(abs(offsets)), 1, 1e-12),
        holds(max(abs(sub(offsets, startAt(seed + 1)))).item() > 0.1),
        near(sub(far, x), x.mul(0).add(epsilon), 1e-12),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'adversarial-training/shares',
    statement:
      'With alpha 1 only the loss at x counts, with 0 only that at xAdv, and between it is a mixture.',
    cases: classification,
    slack: ({ x, losses, epsilon, alpha }) => {
      const clean = mean(losses(x));
      const moved = mean(losses(adversarialExample(losses, x, { epsilon })));
      const of = (share: number): Tensor => adversarialLoss(losses, x, { epsilon, alpha: share });
      return Math.min(
        exactly(of(1), clean),
        exactly(of(0), moved),
        near(of(alpha), add(mul(clean, alpha), mul(moved, 1 - alpha)), 1e-14),
        near(adversarialLoss(losses, x, { epsilon }), add(clean, moved).mul(0.5), 1e-14),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'adversarial-training/per-sample',
    statement: 'What a sample is moved by does not depend on the others.',
    cases: classification,
    slack: ({ p, x, y, lossesFor, losses, epsilon }) => {
      const first = [{ stop: 1 }];
      const all = ['fgsm', 'fgm', 'gradient', 'pgd'] as const;
      return Math.min(
        ...all.map((direction) => {
          const alone = adversarialExample(
            (rows) => lossesFor(p, rows, slice(y, first)),
            slice(x, first),
            { direction, epsilon },
          );
          const among = slice(adversarialExample(losses, x, { direction, epsilon }), first);
          return Math.min(near(among, alone, 1e-13), holds(alone.shape[0] === 1));
        }),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'adversarial-training/default-steps',
    statement:
      'Projected descent takes 7 steps by default: steps that cannot leave the box end 7 of them away.',
    cases: classification,
    slack: ({ x, losses, epsilon }) => {
      const short = { direction: 'pgd', epsilon, stepSize: epsilon / 100 } as const;
      const walk = (options: object): Tensor =>
        adversarialExample(losses, x, { ...short, ...options });
      return Math.min(
        exactly(walk({}), walk({ steps: 7 })),
        // Of one sign seven steps add up, each sum rounded; elements whose slope turns go less far.
        atMost(
          abs(walk({}).sub(x)),
          abs(x)
            .add(1)
            .mul(1e-15)
            .add(0.0701 * epsilon),
        ),
      );
    },
    effort: 0.3,
  }),
  recipeLaw(adversarialTrainingMethod, (_model, { epsilon, alpha }, step) =>
    adversarialTerm({ epsilon: epsilon!, alpha: alpha! })(step),
  ),
  law({
    id: 'adversarial-training/starts-inside',
    statement:
      'A given start is first brought into the box and the range, so that a step goes on from there; what comes out is a constant; steps are 7 by default.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2]),
      direction: draw.pick([1, -1]),
      far: real(draw, 1.1, 3),
      room: real(draw, 0.1, 2),
      stepSize: real(draw, 0.05, 0.5),
    })),
    slack: ({ x, direction, far, room, stepSize }) => {
      const epsilon = 0.5;
      const losses = (rows: Tensor): Tensor => sum(rows, { axis: 1 }).mul(direction);
      const start = x.mul(0).add(far * epsilon);
      const clipMax = x.max().item() + room * epsilon;
      const options = { direction: 'pgd', epsilon, start } as const;
      const got = adversarialExample(losses, x, { ...options, steps: 1, stepSize, clipMax });
      const first = minimum(x.add(epsilon), clipMax);
      const stepped = first.add(direction * stepSize);
      const want = minimum(minimum(maximum(stepped, x.sub(epsilon)), x.add(epsilon)), clipMax);
      const small = { ...options, stepSize: 0.01 };
      const slope = grad((rows: Tensor) =>
        sum(adversarialExample(losses, rows, { direction: 'fgsm', epsilon })).add(sum(rows).mul(0)),
      )(x);
      return Math.min(
        near(got, want, 1e-14),
        exactly(slope, x.mul(0)),
        exactly(
          adversarialExample(losses, x, small),
          adversarialExample(losses, x, { ...small, steps: 7 }),
        ),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'adversarial-training/new-start-every-step',
    statement: 'The random start of a step is drawn with the key of the step.',
    cases: drawn((draw) => smallStep(draw)),
    slack: ({ context, losses, weightedMean }) => {
      const options = { direction: 'pgd', epsilon: 0.5, steps: 1, stepSize: 0.01 } as const;
      const moved = adversarialExample(losses, context.batch.x, {
        ...options,
        key: random.foldIn(context.rng, 'adversarial-training'),
      });
      const term = adversarialTerm({ ...options, alpha: 0 })(context);
      return near(add(context.dataLoss, term), weightedMean(losses(moved)), 1e-12);
    },
    effort: 0.1,
  }),
];
