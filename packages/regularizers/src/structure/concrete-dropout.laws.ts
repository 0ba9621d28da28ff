import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  exp,
  expandDims,
  grad,
  log,
  mean,
  mul,
  ones,
  random,
  select,
  sigmoid,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  unbind,
  zerosLike,
} from '@tikhonov/core';
import { Conv2d, Linear } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import { activationStep } from '../laws/activation-step.ts';
import { decisionLaws, pairs } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { constantNoiseLaw } from '../laws/rates.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { plainPlan } from '../registry.ts';
import { concreteDropoutMethod } from './concrete-dropout.ts';
import { concreteDropout, concreteDropoutPenalty } from './concrete-dropout-functions.ts';
import { ConcreteDropout, concreteDropoutTerm } from './concrete-dropout-layer.ts';

const training = true;
const float = { dtype: 'float64' } as const;

/** The penalty written out. */
function penaltyOf(weight: Tensor, logit: Tensor, w: number, d: number, inputs: number): Tensor {
  const p = sigmoid(logit);
  const q = sub(1, p);
  const entropy = add(mul(p, log(p)), mul(q, log(q)));
  return add(mul(sum(mul(weight, weight)).div(q), w), mul(entropy, d * inputs));
}

/** What concrete dropout promises. */
export const concreteDropoutLaws: readonly Law[] = [
  law({
    id: 'concrete-dropout/formula',
    statement:
      'Training is x (1 - z) / (1 - p) with z the sigmoid of the logits of p and u over the temperature, each probability shifted by e.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return {
        x: draw.tensor(shape),
        u: draw.tensor(shape, { min: 0.01, max: 0.99 }),
        logit: draw.tensor([], { min: -3, max: 3 }),
        temperature: real(draw, 0.1, 2),
        eps: draw.pick([1e-7, 1e-2]),
      };
    }),
    slack: ({ x, u, logit, temperature, eps }) => {
      const p = sigmoid(logit);
      const of = (v: Tensor): Tensor => sub(log(add(v, eps)), log(add(sub(1, v), eps)));
      const z = sigmoid(add(of(p), of(u)).div(temperature));
      const want = x.mul(sub(1, z)).div(sub(1, p));
      const y = concreteDropout(x, logit, { temperature, eps, training, u });
      return near(y, want, 1e-11);
    },
  }),
  law({
    id: 'concrete-dropout/bernoulli-limit',
    statement:
      'For temperatures near 0 a unit is dropped iff u > 1 - p, and kept ones are x / (1 - p).',
    cases: drawn((draw) => ({
      x: draw.tensor([8]),
      u: draw.tensor([8], { min: 0.001, max: 0.999 }),
      p: real(draw, 0.05, 0.95),
    })),
    slack: ({ x, u, p }) => {
      const logit = tensor(Math.log(p / (1 - p)), float);
      const y = concreteDropout(x, logit, { temperature: 1e-5, training, u }).data();
      const [xs, us] = [x.data(), u.data()];
      const slacks = Array.from(us, (draw, i) => {
        // At 1 - p itself the decision is soft at any temperature.
        if (Math.abs(draw - (1 - p)) < 0.001) return 1;
        return near(y[i]!, draw > 1 - p ? 0 : xs[i]! / (1 - p), 1e-9);
      });
      return Math.min(...slacks);
    },
  }),
  law({
    id: 'concrete-dropout/evaluation',
    statement: 'Evaluation is the identity, bit for bit, and draws nothing.',
    cases: drawn((draw) => ({ x: draw.tensor(draw.shape()), logit: draw.tensor([]) })),
    slack: ({ x, logit }) =>
      Math.min(
        holds(concreteDropout(x, logit) === x),
        holds(concreteDropout(x, logit, { rng: random.key(0) }) === x),
      ),
  }),
  law({
    id: 'concrete-dropout/cut-off-draws',
    statement:
      'Draws are cut off to [e, 1 - e], so 0 and 1 give finite values and slopes; extreme probabilities do too.',
    cases: drawn((draw) => ({
      x: draw.tensor([2]),
      logit: draw.pick([-200, -30, 0, 3, 30]),
      eps: draw.pick([1e-7, 1e-3]),
      dtype: draw.pick(['float32', 'float64'] as const),
    })),
    slack: ({ x, logit, eps, dtype }) => {
      const [input, at] = [x.astype(dtype), tensor(logit, { dtype })];
      const f = (u: readonly number[]) => (l: Tensor) =>
        concreteDropout(input, l, { training, eps, u: tensor(u, float) });
      const slope = (u: readonly number[]): number => grad((l: Tensor) => sum(f(u)(l)))(at).item();
      const finite = [...f([0, 1])(at).data(), slope([0, 1])].every(Number.isFinite);
      return Math.min(holds(finite), exactly(f([0, 1])(at), f([eps, 1 - eps])(at)));
    },
  }),
  law({
    id: 'concrete-dropout/learns',
    statement:
      'The gradient reaches the probability through decisions and scale, and falls where more would be dropped: units in doubt shrink with p.',
    cases: drawn((draw) => ({
      u: draw.tensor([4], { min: 0.4, max: 0.6 }),
      temperature: real(draw, 0.2, 1),
      logit: draw.tensor([], { min: -0.1, max: 0.1 }),
    })),
    slack: ({ u, temperature, logit }) => {
      const x = ones([4], float);
      const y = (l: Tensor): Tensor => concreteDropout(x, l, { training, u, temperature });
      const slope = grad((l: Tensor) => sum(y(l)))(logit).item();
      // d/dl of (1 - z) / (1 - p) is -z (1 - z) / t / (1 - p) + (1 - z) p / (1 - p), but for e.
      const p = sigmoid(logit);
      const kept = y(logit).mul(sub(1, p));
      const want = sum(kept.mul(p.sub(sub(1, kept).div(temperature))).div(sub(1, p))).item();
      return near(slope, want, 1e-5);
    },
  }),
  law({
    id: 'concrete-dropout/penalty',
    statement:
      'The penalty is w sum W^2 / (1 - p) + d K (p log p + (1 - p) log(1 - p)), with K the inputs; its second part is least at p = 0.5, -K log 2.',
    cases: drawn((draw) => {
      const [out, into] = [draw.integer(1, 3), draw.integer(1, 3)];
      return {
        weight: draw.tensor([out, into]),
        logit: draw.tensor([], { min: -6, max: 6 }),
        w: real(draw, 0, 2),
        d: real(draw, 0, 2),
        inputs: draw.pick([undefined, 7]),
      };
    }),
    slack: ({ weight, logit, w, d, inputs }) => {
      const given = inputs === undefined ? {} : { inputDim: inputs };
      const strengths = { weightRegularizer: w, dropoutRegularizer: d, ...given };
      const k = inputs ?? weight.shape[1]!;
      const at = (l: Tensor): number =>
        concreteDropoutPenalty(weight, l, { ...strengths, weightRegularizer: 0 }).item();
      const least = at(tensor(0, float));
      return Math.min(
        near(
          concreteDropoutPenalty(weight, logit, strengths),
          penaltyOf(weight, logit, w, d, k),
          1e-11,
        ),
        near(least, -d * k * Math.LN2, 1e-13),
        atMost(least, at(logit), 1e-12),
      );
    },
  }),
  law({
    id: 'concrete-dropout/zero-strength',
    statement:
      'A strength of 0 contributes exactly 0 to penalty and gradients, even for infinite weights and extreme probabilities.',
    cases: drawn((draw) => ({ weight: draw.tensor([2, 2]), logit: draw.pick([0, 1000, -1000]) })),
    slack: ({ weight, logit }) => {
      const at = tensor(logit, float);
      const none = { weightRegularizer: 0, dropoutRegularizer: 0 };
      const f = ([w, l]: readonly Tensor[]): Tensor => concreteDropoutPenalty(w!, l!, none);
      const point = [weight.mul(Infinity), at];
      const [dw, dl] = grad(f)(point);
      return Math.min(exactly(f(point), 0), exactly(dw!, zerosLike(weight)), exactly(dl!, 0));
    },
  }),
  law({
    id: 'concrete-dropout/layer',
    statement:
      'The layer drops its inputs and calls the wrapped layer; of a convolution whole channels. p is where it begins, and its term adds the penalty.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      images: draw.tensor([2, 3, 4, 4], { avoid: [0] }),
      seed: draw.integer(0, 1000),
      p: real(draw, 0.05, 0.95),
      w: real(draw, 0, 1),
      d: real(draw, 0, 1),
    })),
    slack: ({ x, images, seed, p, w, d }) => {
      const plain = new Linear(2, 3, { seed, dtype: 'float64' });
      const layer = new ConcreteDropout(plain, { p, temperature: 0.5, eps: 1e-4 });
      const rng = random.key(seed);
      const options = { temperature: 0.5, eps: 1e-4, training, rng };
      const kernel = new Conv2d(3, 2, 3, { seed, dtype: 'float64', padding: 'same' });
      const convolution = new ConcreteDropout(kernel, { p });
      const factors = concreteDropout(images, convolution.pLogit, {
        training,
        rng,
        perChannel: true,
      });
      const perChannel = factors.div(images);
      const grouped = new ConcreteDropout(new Conv2d(3, 3, 1, { seed, ...float, groups: 3 }), {
        p,
      });
      const strengths = { weightRegularizer: w, dropoutRegularizer: d };
      const term = concreteDropoutTerm(layer, strengths)(activationStep(layer, x, { seed }));
      const kernels = concreteDropoutTerm(convolution, strengths);
      const logit = tensor(Math.log(p / (1 - p)), float);
      return Math.min(
        near(layer.p(), p, 1e-13),
        exactly(layer.forward(x), plain.forward(x)),
        exactly(layer.forward(x, { rng }), plain.forward(x)),
        exactly(
          convolution.forward(select(images, 0), { training, rng }),
          select(convolution.forward(expandDims(select(images, 0), 0), { training, rng }), 0),
        ),
        near(
          concreteDropoutTerm(grouped, strengths)(activationStep(convolution, images)),
          penaltyOf(grouped.layer.weight.read(), logit, w, d, 3),
          1e-10,
        ),
        exactly(
          layer.forward(x, { training, rng }),
          plain.forward(concreteDropout(x, layer.pLogit, options)),
        ),
        exactly(convolution.forward(images, { training, rng }), kernel.forward(factors)),
        near(
          perChannel,
          mean(perChannel, { axis: [2, 3], keepdims: true }).add(zerosLike(images)),
          1e-12,
        ),
        near(term, penaltyOf(plain.weight.read(), logit, w, d, 2), 1e-10),
        near(
          kernels(activationStep(convolution, images)),
          penaltyOf(kernel.weight.read(), logit, w, d, 3),
          1e-10,
        ),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'concrete-dropout/recipe',
    statement:
      'The recipe puts it on the inputs of every linear layer, begins with its p, and adds the penalty of all of them with its strengths.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
      p: real(draw, 0.05, 0.5),
      w: real(draw, 0, 1),
      d: real(draw, 0, 1),
    })),
    slack: ({ x, seed, p, w, d }) => {
      const values = { p, weightRegularizer: w, dropoutRegularizer: d };
      const start = { ...plainPlan, network: { dtype: 'float64' } } as const;
      const { model, options } = configure(concreteDropoutMethod.recipe(start, values), {
        task: { classes: 3, features: 2, imageShape: null, rows: 3 },
        hidden: [4, 5],
        lr: 0.01,
        seed,
        key: random.key(seed),
      });
      const layers = model.modules().filter((part) => part instanceof ConcreteDropout);
      const got = options.penalties
        .map((term) => term(activationStep(model, x, { seed })))
        .reduce((a, b) => add(a, b));
      const want = layers
        .map(({ layer, pLogit, inputDim }) =>
          penaltyOf(layer.weight.read(), pLogit.read(), w, d, inputDim),
        )
        .reduce((a, b) => add(a, b));
      const defaults = { weightRegularizer: 1e-6, dropoutRegularizer: 1e-3, p: 0.1 };
      return Math.min(
        holds(JSON.stringify(layers.map((layer) => layer.inputDim)) === '[2,4,5]'),
        ...layers.map((layer) => near(layer.p(), p, 1e-12)),
        near(got, want, 1e-11),
        recipeTakes(concreteDropoutMethod, defaults),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'concrete-dropout/certain',
    statement:
      'Where 1 - p is 0 in the precision at hand the result is 0, also of NaN, with gradients of 0.',
    cases: drawn((draw) => ({
      x: draw.tensor([3]),
      logit: draw.pick([1000, Infinity]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, logit, seed }) => {
      const at = ([z, l]: readonly Tensor[]): Tensor =>
        concreteDropout(z!, l!, { training, rng: random.key(seed) });
      const slopes = grad((both: readonly Tensor[]) => sum(at(both)))([x, tensor(logit, float)]);
      return Math.min(
        exactly(at([x.mul(Number.NaN), tensor(logit, float)]), zerosLike(x)),
        ...slopes.map((slope) => exactly(slope, slope.mul(0))),
      );
    },
    effort: 0.3,
  }),
  constantNoiseLaw('concrete-dropout', (draw) => {
    const x = draw.tensor([3], { avoid: [0] });
    return {
      noise: draw.tensor([3], { min: 0.1, max: 0.9 }),
      apply: (u) => concreteDropout(x, tensor(0, float), { training, u, temperature: 1 }),
    };
  }),
  law({
    id: 'concrete-dropout/batch-order',
    statement: 'With given draws, the order of the batch is the order of the results.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      u: draw.tensor([3, 2], { min: 0.1, max: 0.9 }),
      logit: draw.tensor([]),
    })),
    slack: ({ x, u, logit }) => {
      const turned = (y: Tensor): Tensor => stack(unbind(y).toReversed());
      const y = concreteDropout(x, logit, { training, u });
      return exactly(concreteDropout(turned(x), logit, { training, u: turned(u) }), turned(y));
    },
  }),
  law({
    id: 'concrete-dropout/defaults',
    statement:
      'The temperature is 0.1, e is 1e-7, p begins with 0.1, and the strengths are 1e-6 and 1e-5.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 3]),
      w: draw.tensor([2, 3]),
      seed: draw.integer(0, 99),
    })),
    slack: ({ x, w, seed }) => {
      const rng = random.key(seed);
      const logit = tensor(-1, float);
      const said = { temperature: 0.1, eps: 1e-7, perChannel: false, training, rng };
      const strengths = { weightRegularizer: 1e-6, dropoutRegularizer: 1e-5 };
      const layer = new ConcreteDropout(new Linear(3, 1, { seed, ...float }));
      const step = activationStep(layer, x, { seed });
      return Math.min(
        exactly(concreteDropout(x, logit, { training, rng }), concreteDropout(x, logit, said)),
        exactly(concreteDropoutPenalty(w, logit), concreteDropoutPenalty(w, logit, strengths)),
        exactly(concreteDropoutTerm(layer)(step), concreteDropoutTerm(layer, strengths)(step)),
        near(exp(layer.pLogit).item(), 1 / 9, 1e-12),
        holds(layer.temperature === 0.1 && layer.eps === 1e-7 && !layer.perChannel),
      );
    },
    effort: 0.25,
  }),
  ...decisionLaws(
    'concrete-dropout',
    (n, rng, dtype) =>
      concreteDropout(pairs(n, dtype), tensor(-0.4, { dtype }), {
        temperature: 0.5,
        training,
        rng,
      }),
    { tolerance: 1e-5 },
  ),
];
