import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  concat,
  full,
  grad,
  random,
  softmax,
  type Tensor,
  tensor,
  valueAndGrad,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import { activationStep } from '../laws/activation-step.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { smallStep } from '../laws/small-step.ts';
import { stepOf } from '../laws/step.ts';
import { thrown } from '../laws/thrown.ts';
import { plainPlan } from '../registry.ts';
import { distillationLoss } from './distillation-loss.ts';
import {
  distillationTerm,
  knowledgeDistillationMethod,
  selfDistillationTerm,
} from './knowledge-distillation.ts';

const id = (what: string): string => `knowledge-distillation/${what}`;

interface Pair {
  readonly student: Tensor;
  readonly teacher: Tensor;
}

const pair = (draw: CaseDraw): Pair => {
  const shape = [draw.integer(1, 3), draw.integer(2, 4)];
  return { student: draw.tensor(shape), teacher: draw.tensor(shape) };
};

const float64 = (x: number): Tensor => tensor(x, { dtype: 'float64' });

/** What knowledge distillation promises. */
export const knowledgeDistillationLaws: readonly Law[] = [
  law({
    id: id('by-definition'),
    statement:
      'The loss is T^2 times the mean over rows of sum p log(p / q) of the softened predictions.',
    cases: drawn((draw) => ({ ...pair(draw), temperature: draw.pick([1, real(draw, 0.5, 20)]) })),
    slack: ({ student, teacher, temperature }) => {
      const [q, p] = [student, teacher].map((z) => softmax(z.div(temperature)).data());
      const sum = Array.from(p!, (each, k) => each * Math.log(each / q![k]!)).reduce(
        (total, each) => total + each,
      );
      const want = (temperature ** 2 * sum) / student.shape[0]!;
      // The sum written out loses digits that the squared temperature enlarges.
      return near(distillationLoss(student, teacher, { temperature }), want, 1e-12);
    },
  }),
  law({
    id: id('gradient'),
    statement:
      'The gradient is T (q - p) / N with respect to the student and 0 with respect to the teacher; the temperature is 1 by default, and may be in a cell.',
    cases: drawn((draw) => ({ ...pair(draw), temperature: real(draw, 0.5, 20) })),
    slack: ({ student, teacher, temperature }) => {
      const want = (heat: number): Tensor =>
        softmax(student.div(heat))
          .sub(softmax(teacher.div(heat)))
          .mul(heat / student.shape[0]!);
      const held = { temperature: new Cell(float64(temperature)) };
      const slope = (options: object): Tensor =>
        grad((z: Tensor) => distillationLoss(z, teacher, options))(student);
      const constant = grad((t: Tensor) => distillationLoss(student, t, { temperature }))(teacher);
      return Math.min(
        near(slope({ temperature }), want(temperature), 1e-12),
        near(slope(held), want(temperature), 1e-12),
        near(slope({}), want(1), 1e-12),
        exactly(constant, zerosLike(teacher)),
      );
    },
  }),
  law({
    id: id('high-temperature'),
    statement:
      'For a high temperature it is half the mean over rows of the variance of the differences of the logits: least squares on centred logits.',
    cases: drawn(pair),
    slack: ({ student, teacher }) => {
      const gap = student.sub(teacher);
      const centred = gap.sub(gap.mean({ axis: 1, keepdims: true }));
      const want = centred.mul(centred).mean().item() / 2;
      // The next term is smaller by the logits, at most 6 apart, over the temperature.
      return near(distillationLoss(student, teacher, { temperature: 1e4 }), want, 6e-3);
    },
  }),
  law({
    id: id('certain-teacher'),
    statement:
      'At temperature 1 a teacher that is certain is a label: the loss is the cross-entropy.',
    cases: drawn((draw) => {
      const [n, classes] = [draw.integer(1, 3), draw.integer(2, 4)];
      return { student: draw.tensor([n, classes]), y: draw.integers([n], 0, classes - 1) };
    }),
    slack: ({ student, y }) => {
      const [n, classes] = student.shape as [number, number];
      const labels = y.data();
      const certain = Array.from({ length: n }, (_, i) =>
        Array.from({ length: classes }, (_, k) => (k === labels[i] ? 0 : -Infinity)),
      );
      const teacher = tensor(certain, { dtype: 'float64' });
      return near(distillationLoss(student, teacher), crossEntropy(student, y), 1e-13);
    },
  }),
  law({
    id: id('least-in-agreement'),
    statement:
      'It is at least 0, and 0 with gradient 0 for a student that agrees with the teacher but for a constant.',
    cases: drawn((draw) => ({
      ...pair(draw),
      shift: draw.pick([0, 1, -2]),
      temperature: draw.pick([1, 4]),
    })),
    slack: ({ student, teacher, shift, temperature }) => {
      const loss = (z: Tensor): Tensor => distillationLoss(z, teacher, { temperature });
      const same = teacher.add(shift);
      return Math.min(
        atMost(0, loss(student)),
        near(loss(same), 0, 1e-28),
        near(grad(loss)(same), zerosLike(same), 1e-14),
      );
    },
  }),
  law({
    id: id('rows-without-weight'),
    statement: 'Rows count by their weights; those of weight 0 may hold anything.',
    cases: drawn((draw) => ({ ...pair(draw), weight: real(draw, 0.1, 2) })),
    slack: ({ student, teacher, weight }) => {
      const n = student.shape[0]!;
      const twice = (z: Tensor, last: number): Tensor =>
        concat([z, full([1, z.shape[1]!], last, { dtype: 'float64' })], { axis: 0 });
      const sampleWeight = tensor([...Array<number>(n).fill(weight), 0], { dtype: 'float64' });
      return near(
        distillationLoss(twice(student, Number.NaN), twice(teacher, 1e300), { sampleWeight }),
        distillationLoss(student, teacher),
        1e-13,
      );
    },
    effort: 0.5,
  }),
  law({
    id: id('share-of-the-loss'),
    statement:
      'With the data loss the term is alpha times the distillation loss plus 1 - alpha times the data loss, rows counting by their weights; at alpha 0 it is exactly 0.',
    cases: drawn((draw) => ({
      step: smallStep(draw),
      alpha: draw.pick([1, real(draw, 0.1, 0.9)]),
      temperature: real(draw, 0.5, 8),
      shift: real(draw, 0.5, 1.5),
      held: draw.pick([true, false]),
    })),
    slack: ({ step: { context }, alpha, temperature, shift, held }) => {
      const teacher = (x: Tensor): Tensor => context.forward(x.mul(shift));
      const { batch, dataLoss, output } = context;
      const weights = { sampleWeight: batch.sampleWeight! };
      const soft = distillationLoss(output, teacher(batch.x), { temperature, ...weights });
      const share = held ? new Cell(float64(alpha)) : alpha;
      const off = held ? new Cell(float64(0)) : 0;
      const term = (options: object): Tensor => distillationTerm({ teacher, ...options })(context);
      return Math.min(
        near(
          term({ alpha: share, temperature }).add(dataLoss),
          soft.mul(alpha).add(dataLoss.mul(1 - alpha)),
          1e-12,
        ),
        exactly(term({ alpha: off, temperature }), 0),
        near(term({}), term({ alpha: 0.5, temperature: 4 }), 1e-15),
        holds(thrown(() => term({ alpha: 1 + shift })) instanceof RangeError),
        holds(thrown(() => term({ temperature: 0 })) instanceof RangeError),
      );
    },
    effort: 0.5,
  }),
  law({
    id: id('self-teacher'),
    statement:
      'Without another network the teacher is d times itself plus 1 - d times the student at every step, beginning as the student; it is constant, and evaluations that keep state leave it alone. By default d is 0.99.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 3), 2]),
      seed: draw.integer(0, 1e6),
      decay: draw.pick([0.99, real(draw, 0, 0.95)]),
      value: draw.tensor([2]),
    })),
    slack: ({ x, seed, decay, value }) => {
      const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
      const options = decay === 0.99 ? {} : { decay };
      const term = selfDistillationTerm(model, { alpha: 1, temperature: 2, ...options });
      const bias = model.namedParameters()['layers.1.bias']!;
      const first = bias.read();
      bias.write(value);
      term(stepOf(x, seed, { model }));
      const still = { model, updateState: false };
      term(stepOf(x, seed, still));
      const want = first.mul(decay).add(value.mul(1 - decay));
      const target = term.teacher.use(() => model.forward(x)).detach();
      const parameters = model.namedParameters();
      const gradients = (loss: () => Tensor): readonly Tensor[] =>
        Object.values(valueAndGrad((_: typeof parameters) => loss())(parameters)[1]);
      const got = gradients(() => {
        const context = stepOf(x, seed, still);
        return term(context).add(context.dataLoss);
      });
      const fixed = gradients(() => distillationLoss(model.forward(x), target, { temperature: 2 }));
      return Math.min(
        near(term.teacher.values()['layers.1.bias']!, want, 1e-14),
        ...got.map((g, k) => near(g, fixed[k]!, 1e-13)),
      );
    },
  }),
  law({
    id: id('recipe'),
    statement:
      'The recipe distils from the average of the weights, with its arguments and these defaults.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
      alpha: real(draw, 0.1, 1),
      temperature: real(draw, 1, 5),
      decay: real(draw, 0, 0.9),
    })),
    slack: ({ x, seed, ...given }) => {
      const plan = knowledgeDistillationMethod.recipe(
        { ...plainPlan, network: { dtype: 'float64', activation: 'tanh' } },
        given,
      );
      const { model, options } = configure(plan, {
        task: { classes: 2, features: 2, imageShape: null, rows: 3 },
        hidden: [3],
        lr: 0.01,
        seed,
        key: random.key(seed),
      });
      const wanted = selfDistillationTerm(model, given);
      for (const p of model.parameters()) p.write(p.read().add(0.5));
      const step = activationStep(model, x, { seed });
      const [got, ...others] = options.penalties;
      return Math.min(
        holds(others.length === 0),
        recipeTakes(knowledgeDistillationMethod, { alpha: 0.7, temperature: 4, decay: 0.99 }),
        near(got!(step), wanted(step), 1e-13),
      );
    },
    effort: 0.2,
  }),
];
