import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  add,
  grad,
  max,
  maximum,
  mean,
  minimum,
  mul,
  random,
  slice,
  square,
  sub,
  sum,
  type Tensor,
} from '@tikhonov/core';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import type { SmallParameters } from '../laws/small-network.ts';
import { smallStep, someRows, withIgnoredRows } from '../laws/small-step.ts';
import { flooding } from '../process/flooding.ts';
import { adversarialExampleLaws, classifierOf } from './adversarial-example.laws.ts';
import { adversarialExample } from './adversarial-example.ts';
import {
  adversarialLoss,
  adversarialTerm,
  adversarialTrainingMethod,
} from './adversarial-training.ts';
import type { SampleLosses } from './per-sample.ts';

const classification = drawn(classifierOf);

/** Losses without any slope. */
const flat: SampleLosses = (rows) => sum(mul(rows, 0), { axis: 1 });

/** What adversarial training promises. */
export const adversarialTrainingLaws: readonly Law[] = [
  ...adversarialExampleLaws,
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
