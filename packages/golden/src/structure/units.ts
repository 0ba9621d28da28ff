import {
  add,
  logSoftmax,
  mul,
  softmax,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  unbind,
} from '@tikhonov/core';
import { linear } from '@tikhonov/nn';
import {
  activationNoise,
  alphaDropout,
  curriculum,
  curriculumRate,
  dropout,
  gaussianDropout,
  linearRamp,
  marginalDropoutPenalty,
  mcClassification,
  mcRegression,
  standout,
  standoutKeepProbability,
  stochasticDropout,
  stochasticRate,
} from '@tikhonov/regularizers';
import { type Methods, Unsupported } from '../objective/adapter.ts';
import type { Arguments } from '../objective/arguments.ts';
import { activationNamed, allMasks } from './enumerate.ts';

const isTraining = ({ variant }: Arguments): boolean => !variant.includes('eval');

/** The given noise of a name, if there is some. */
const noise = <Name extends string>(
  args: Arguments,
  name: Name,
): Readonly<Partial<Record<Name, Tensor>>> =>
  (args.hasTensor(name) ? { [name]: args.tensor(name) } : {}) as Partial<Record<Name, Tensor>>;

/** The exact mean and variance over all masks. */
function exactMoments(x: Tensor, p: number, mode: 'inverted' | 'classic') {
  const { masks, probabilities: weights } = allMasks(x.shape, p, x.dtype);
  const outputs = masks.map((mask) => dropout(x, { p, mode, mask, training: true }));
  return mcRegression(stack(outputs), { weights });
}

/** A network of one hidden layer with dropout behind it, in every pass its mask. */
function hiddenPasses(args: Arguments, masks: readonly Tensor[]): Tensor {
  const act = activationNamed(args.variant);
  const hidden = act(linear(args.tensor('x'), args.tensor('W1'), args.tensor('b1')));
  const p = args.number('p');
  const outputs = masks.map((mask) =>
    linear(
      dropout(hidden, {
        p,
        training: true,
        mask,
        noiseShape: mask.shape,
      }),
      args.tensor('W2'),
      args.tensor('b2'),
    ),
  );
  return stack(outputs);
}

const givenMasks = (args: Arguments): Tensor[] => unbind(args.tensor('mask'));

function mcClassificationCase(args: Arguments) {
  const logits = hiddenPasses(args, givenMasks(args));
  const hidden = args.tensor('W1').shape[0]!;
  const { masks, probabilities } = allMasks([1, hidden], args.number('p'), logits.dtype);
  const drawn = mcClassification(logits);
  const exact = mcClassification(hiddenPasses(args, masks), { weights: probabilities });
  return {
    probs: softmax(logits),
    predictive_mean: drawn.mean,
    predictive_variance_biased: drawn.variance,
    predictive_variance_unbiased: mcClassification(logits, { unbiased: true }).variance,
    predictive_entropy: drawn.entropy,
    expected_entropy: drawn.expectedEntropy,
    mutual_information: drawn.mutualInformation,
    exact_mean: exact.mean,
    exact_variance: exact.variance,
    exact_predictive_entropy: exact.entropy,
    exact_expected_entropy: exact.expectedEntropy,
    exact_mutual_information: exact.mutualInformation,
  };
}

function mcRegressionCase(args: Arguments) {
  const outputs = hiddenPasses(args, givenMasks(args));
  const { mean: center, variance } = mcRegression(outputs);
  const { variance: noisy } = mcRegression(outputs, args.options<{ tau: number }>('tau'));
  return {
    outputs,
    predictive_mean: center,
    predictive_variance_biased: variance,
    predictive_variance_with_noise: noisy,
  };
}

/** All classic sub-networks of softmax regression: their geometric and arithmetic mean. */
function ensembleCase(args: Arguments) {
  const [x, p] = [args.tensor('x'), args.number('p')];
  const { masks, probabilities: weights } = allMasks(x.shape, p, x.dtype);
  const logits = stack(
    masks.map((mask) =>
      linear(
        dropout(x, { p, mode: 'classic', mask, training: true }),
        args.tensor('W'),
        args.tensor('b'),
      ),
    ),
  );
  const columns = weights.reshape([-1, 1]);
  return {
    geometric_mean: softmax(sum(mul(logSoftmax(logits), columns), { axis: 0 })),
    arithmetic_mean: mcClassification(logits, { weights }).mean,
  };
}

/** `||y - X w||^2` of the expectation, and what the noise adds. */
function marginalCase(args: Arguments) {
  const [X, w, y, p] = [args.tensor('X'), args.tensor('w'), args.tensor('y'), args.number('p')];
  const squares = (inputs: Tensor): Tensor =>
    sum(square(sub(y, linear(inputs, w.reshape([1, -1])).squeeze(-1))));
  const evaluated = dropout(X, { p, mode: 'classic' });
  return {
    loss: add(squares(dropout(X, { p })), marginalDropoutPenalty(X, w, p)),
    loss_classic: add(squares(evaluated), marginalDropoutPenalty(X, w, p, { mode: 'classic' })),
  };
}

function standoutCase(args: Arguments) {
  const [x, W] = [args.tensor('x'), args.tensor('W')];
  const belief = {
    ...args.options<{ alpha: number; beta: number; tie: 'logit' | 'weights' }>(
      'alpha',
      'beta',
      'tie',
    ),
    ...(args.has('Pi') ? { beliefWeights: args.tensor('Pi') } : {}),
  };
  const y = standout(x, W, {
    ...belief,
    ...(args.has('b') ? { bias: args.tensor('b') } : {}),
    activation: activationNamed(args.variant),
    training: isTraining(args),
    ...noise(args, 'mask'),
  });
  return { y, keepProb: standoutKeepProbability(x, W, belief) };
}

function stochasticCase(args: Arguments) {
  const normal = args.variant.startsWith('normal');
  const settings = normal
    ? {
        distribution: 'normal' as const,
        ...args.options<{ mean: number; std: number; maxP: number }>('mean', 'std', 'maxP'),
      }
    : { min: args.number('a'), max: args.number('b') };
  const rateDraw = tensor(args.given('rateDraw'), { dtype: 'float64' });
  const y = stochasticDropout(args.tensor('x'), {
    ...settings,
    rateDraw,
    training: isTraining(args),
    ...noise(args, 'mask'),
  });
  return { y, p: stochasticRate({ ...settings, rateDraw }) };
}

function scheduleCase(args: Arguments) {
  if (args.variant === 'linear_ramp') {
    const start = args.options<{ start: number }>('start');
    const rate = linearRamp(args.number('end'), args.number('steps'), start);
    return { values: Array.from({ length: args.count('values') }, (_, k) => rate(k)) };
  }
  if (args.variant !== 'curriculum') throw new Unsupported(`no variant ${args.variant}`);
  const [keep, total] = [args.number('finalKeepProb'), args.number('totalSteps')];
  const gamma = args.options<{ gamma: number }>('gamma');
  const steps = args.expectedNumbers('steps');
  return {
    steps,
    keepProb: steps.map(curriculum(keep, total, gamma) as (step: number) => number),
    p: steps.map(curriculumRate(1 - keep, total, gamma) as (step: number) => number),
  };
}

/** Noise on single units. */
export const units: Methods = {
  dropout: (args) => {
    const [x, p] = [args.tensor('x'), args.number('p')];
    if (args.variant === 'moments_exact') {
      const [inverted, classic] = [exactMoments(x, p, 'inverted'), exactMoments(x, p, 'classic')];
      return {
        mean_inverted: inverted.mean,
        var_inverted: inverted.variance,
        mean_classic: classic.mean,
        var_classic: classic.variance,
      };
    }
    return {
      y: dropout(x, {
        p,
        mode: args.variant.startsWith('classic') ? 'classic' : 'inverted',
        training: isTraining(args),
        ...args.options<{ noiseShape: readonly (number | null)[] }>('noiseShape'),
        ...noise(args, 'mask'),
      }),
    };
  },
  mc_dropout: (args) => {
    if (args.variant.startsWith('classification')) return mcClassificationCase(args);
    if (args.variant.startsWith('regression')) return mcRegressionCase(args);
    if (args.variant.startsWith('geometric_ensemble')) return ensembleCase(args);
    throw new Unsupported(`no variant ${args.variant}`);
  },
  gaussian_dropout: (args) => ({
    y: gaussianDropout(args.tensor('x'), {
      p: args.number('p'),
      training: isTraining(args),
      ...noise(args, 'normal'),
    }),
  }),
  gaussian_noise: (args) => ({
    y: activationNoise(args.tensor('x'), {
      std: args.number('stddev'),
      training: isTraining(args),
      ...noise(args, 'normal'),
    }),
  }),
  dropout_marginal_linear: marginalCase,
  standout: standoutCase,
  alpha_dropout: (args) => ({
    y: alphaDropout(args.tensor('x'), {
      p: args.number('p'),
      training: isTraining(args),
      ...noise(args, 'mask'),
    }),
  }),
  schedule: { plain: scheduleCase },
  stochastic_dropout: stochasticCase,
};
