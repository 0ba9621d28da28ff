import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, random, type Tensor, tensor, valueAndGrad } from '@tikhonov/core';
import { gaussianNoise } from '@tikhonov/data';
import { mlp } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { smallStep } from '../laws/small-step.ts';
import { stepOf } from '../laws/step.ts';
import { thrown } from '../laws/thrown.ts';
import { plainPlan } from '../registry.ts';
import { consistencyPenalty } from './consistency.ts';
import { meanTeacherMethod, meanTeacherTerm } from './mean-teacher.ts';

/** What mean teacher promises. */
export const meanTeacherLaws: readonly Law[] = [
  law({
    id: 'mean-teacher/is-an-average',
    statement:
      'The teacher is d times itself plus 1 - d times the student at every step, beginning as the student; evaluations that keep state leave it alone.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2]),
      seed: draw.integer(0, 1e6),
      decay: real(draw, 0, 0.99),
      values: Array.from({ length: draw.integer(1, 3) }, () => draw.tensor([2])),
    })),
    slack: ({ x, seed, decay, values }) => {
      const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
      const term = meanTeacherTerm(model, { lambda: 1, decay });
      const bias = model.namedParameters()['layers.1.bias']!;
      let want = Array.from(bias.read().data());
      for (const value of values) {
        bias.write(value);
        term(stepOf(x, seed, { model }));
        term(stepOf(x, seed, { model, updateState: false }));
        const [now] = [value.data()];
        want = want.map((w, k) => decay * w + (1 - decay) * now[k]!);
      }
      return near(term.teacher.values()['layers.1.bias']!, want, 1e-14);
    },
  }),
  law({
    id: 'mean-teacher/teacher-is-constant',
    statement: 'The gradient is that for a fixed target: none flows through the teacher.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 3), 2]),
      seed: draw.integer(0, 1e6),
      shift: draw.tensor([2]),
      decay: real(draw, 0, 0.9),
    })),
    slack: ({ x, seed, shift, decay }) => {
      const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
      const term = meanTeacherTerm(model, { lambda: 1, decay });
      const parameters = model.namedParameters();
      parameters['layers.1.bias']!.write(shift);
      // The teacher moves once here, and not below.
      term(stepOf(x, seed, { model }));
      const target = term.teacher.use(() => model.forward(x)).detach();
      const gradients = (loss: () => Tensor): readonly Tensor[] =>
        Object.values(valueAndGrad((_: typeof parameters) => loss())(parameters)[1]);
      const got = gradients(() => term(stepOf(x, seed, { model, updateState: false })));
      const want = gradients(() => consistencyPenalty(model.forward(x), target, { lambda: 1 }));
      return Math.min(...got.map((g, k) => near(g, want[k]!, 1e-14)));
    },
  }),
  law({
    id: 'mean-teacher/starts-in-agreement',
    statement:
      'At the first step teacher and student are the same, and without noise the term is exactly 0.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 3), 2]),
      seed: draw.integer(0, 1e6),
      decay: draw.pick([0, 0.5, 0.75]),
    })),
    slack: ({ x, seed, decay }) => {
      const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
      return exactly(meanTeacherTerm(model, { lambda: 1, decay })(stepOf(x, seed, { model })), 0);
    },
  }),
  law({
    id: 'mean-teacher/decay-in-a-cell',
    statement: 'A decay in a cell counts as it is at each step, and is refused outside [0, 1).',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2]),
      seed: draw.integer(0, 1e6),
      decays: Array.from({ length: draw.integer(1, 3) }, () => real(draw, 0, 0.99)),
      value: draw.tensor([2]),
      wrong: draw.pick([1, -0.1, Number.NaN]),
    })),
    slack: ({ x, seed, decays, value, wrong }) => {
      const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
      const decay = new Cell(tensor(0.5, { dtype: 'float64' }));
      const term = meanTeacherTerm(model, { lambda: 1, decay });
      const bias = model.namedParameters()['layers.1.bias']!;
      let want = bias.read();
      bias.write(value);
      for (const d of decays) {
        decay.write(tensor(d, { dtype: 'float64' }));
        term(stepOf(x, seed, { model }));
        want = want.mul(d).add(value.mul(1 - d));
      }
      decay.write(tensor(wrong, { dtype: 'float64' }));
      return Math.min(
        near(term.teacher.values()['layers.1.bias']!, want, 1e-14),
        holds(thrown(() => term(stepOf(x, seed, { model }))) instanceof RangeError),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'mean-teacher/default-decay',
    statement: 'By default 0.99 of the teacher stays at each step.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2]),
      seed: draw.integer(0, 1e6),
      value: draw.tensor([2]),
    })),
    slack: ({ x, seed, value }) => {
      const teachers = [{}, { decay: 0.99 }].map((options) => {
        const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
        const term = meanTeacherTerm(model, { lambda: 1, ...options });
        term(stepOf(x, seed, { model }));
        model.namedParameters()['layers.1.bias']!.write(value);
        term(stepOf(x, seed, { model }));
        return term.teacher.values()['layers.1.bias']!;
      });
      return exactly(teachers[0]!, teachers[1]!);
    },
    effort: 0.5,
  }),
  recipeLaw(meanTeacherMethod, (model, { lambda, decay, sigma }, step) =>
    meanTeacherTerm(model, { lambda: lambda!, decay: decay!, sigma: sigma! })(step),
  ),
  law({
    id: 'mean-teacher/noise-and-masks',
    statement:
      'The student sees noise, or is what the step gave; the teacher sees the rows themselves with masks of its own; rows count by their weights.',
    cases: drawn((draw) => ({
      ...smallStep(draw),
      lambda: real(draw, 0.1, 2),
      sigma: draw.pick([0, 0.5]),
    })),
    slack: ({ model, context, lambda, sigma }) => {
      const { x, sampleWeight } = context.batch;
      const key = random.foldIn(context.rng, 'mean-teacher');
      const noisy = gaussianNoise(x, { sigma, key: random.foldIn(key, 'noise') });
      const student = sigma === 0 ? context.output : context.forward(noisy);
      const want = consistencyPenalty(student, context.forward(x, { rng: key }), {
        lambda,
        sampleWeight: sampleWeight!,
      });
      return near(meanTeacherTerm(model, { lambda, sigma })(context), want, 1e-13);
    },
    effort: 0.2,
  }),
  law({
    id: 'mean-teacher/recipe-state',
    statement: 'The teacher of the recipe follows with its decay, and its state can be saved.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
      decay: real(draw, 0, 0.9),
    })),
    slack: ({ x, seed, decay }) => {
      const options = { lambda: 1, decay, sigma: 0 };
      const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
      const [make] = meanTeacherMethod.recipe(plainPlan, options).penalties;
      const task = { classes: 2, features: 2, imageShape: null, rows: 3 };
      const terms = [
        make!(model, { task, key: random.key(seed) }),
        meanTeacherTerm(model, options),
      ] as const;
      for (const p of model.parameters()) p.write(p.read().add(1));
      const [got, want] = terms.map((term) => term(stepOf(x, seed, { model })));
      return Math.min(near(got!, want!, 1e-13), holds(terms[0].state !== undefined));
    },
    effort: 0.2,
  }),
];
