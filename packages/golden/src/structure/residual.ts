import {
  arange,
  matmul,
  mul,
  relu,
  reshape,
  select,
  stack,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  unbind,
} from '@tikhonov/core';
import { linear } from '@tikhonov/nn';
import {
  depthDistribution,
  dropout,
  dropPath,
  dropPathRates,
  klOfLogits,
  linearDecaySurvival,
  type RDropSettings,
  rDropLoss,
  type ShakeShakeSettings,
  type StochasticDepthOptions,
  shakeShake,
  stochasticDepth,
  symmetricKl,
} from '@tikhonov/regularizers';
import { choose, type Methods, type Results, Unsupported } from '../objective/adapter.ts';
import type { Arguments } from '../objective/arguments.ts';
import { allMasks } from './enumerate.ts';

/** The blocks' probabilities: listed, or those of the linear decay. */
const survivalOf = (args: Arguments): readonly number[] =>
  args.options<{ survival: readonly number[] }>('survival').survival ??
  linearDecaySurvival(args.number('L'), args.number('pL'));

type Branch = (h: Tensor, w: Tensor) => Tensor;

/** Blocks one behind the other; `options` of block `l`. */
const blocks = (
  args: Arguments,
  branch: Branch,
  options: (l: number) => StochasticDepthOptions,
): Tensor =>
  unbind(args.tensor('W')).reduce(
    (h, w, l) => stochasticDepth(h, (y) => branch(y, w), options(l)),
    args.tensor('x'),
  );

function depthNet(args: Arguments): Results {
  const [, phase, scaling] = args.variant.split('_');
  const scale = choose({ classic: 'eval', inverted: 'keep' } as const, scaling ?? '');
  const training = choose({ train: true, eval: false }, phase ?? '');
  const { postRelu = false } = args.options<{ postRelu: boolean }>('postRelu');
  const survival = survivalOf(args);
  const y = blocks(
    args,
    (h, w) => tanh(matmul(h, transpose(w))),
    (l) => ({
      survival: survival[l]!,
      scale,
      training,
      ...(training ? { gates: select(args.tensor('gates'), l) } : {}),
      ...(postRelu ? { activation: relu } : {}),
    }),
  );
  return { y };
}

/** The mean over all networks that dropping can leave. */
function exactMean(args: Arguments): Results {
  const survival = survivalOf(args);
  const { masks } = allMasks([survival.length], 0.5, args.dtype);
  const outputs = masks.map((gates) => {
    const probability = survival.reduce((product, s, l) => {
      const kept = select(gates, l).item() === 1;
      return product * (kept ? s : 1 - s);
    }, 1);
    const y = blocks(
      args,
      (h, w) => matmul(h, transpose(w)),
      (l) => ({ survival: survival[l]!, training: true, gates: select(gates, l) }),
    );
    return mul(y, probability);
  });
  return { mean: sum(stack(outputs), { axis: 0 }) };
}

/** The rates of all blocks, and how many blocks there are then. */
function schedule(args: Arguments): Results {
  const [count, last] = [args.number('L'), args.number('pL')];
  const survival = linearDecaySurvival(count, last);
  const pmf = depthDistribution(survival);
  const numbers = (xs: readonly number[]): Tensor[] =>
    xs.map((x) => tensor(x, { dtype: 'float64' }));
  return {
    survival: numbers(survival),
    depth_pmf: pmf,
    expected_depth: sum(mul(pmf, arange(count + 1, { dtype: 'float64' }))),
    timm_drop_rates: numbers(dropPathRates(count, 1 - last)),
  };
}

/** Weights of branches, `[n, 1, ...]` in the file, as the library takes them. */
const shakes = (args: Arguments, level: string, ...names: readonly ('alpha' | 'beta')[]) =>
  Object.fromEntries(
    names
      .filter((name) => args.hasTensor(name))
      .map((name) => [name, reshape(args.tensor(name), level === 'batch' ? [] : [-1])]),
  );

function shake(args: Arguments): Results {
  const branches = [args.tensor('branch1'), args.tensor('branch2')] as const;
  if (args.variant === 'eval') return { y: shakeShake(...branches) };
  const [phase, forward, backward] = args.variant.split('_');
  if (phase !== 'train') throw new Unsupported(`no variant ${args.variant}`);
  const { level = 'image' } = args.options<Pick<Required<ShakeShakeSettings>, 'level'>>('level');
  // The library refuses other words.
  const words = { forward, backward, level } as Required<ShakeShakeSettings>;
  const noise = shakes(args, level, 'alpha', 'beta');
  return { y: shakeShake(...branches, { ...words, training: true, ...noise }) };
}

function twoLosses(args: Arguments): Results {
  const [z1, z2] = [args.tensor('logits1'), args.tensor('logits2')];
  const labels = args.integers('labels');
  const options = {
    ...args.options<RDropSettings>('alpha', 'reduction'),
    ...likelihoods(args),
    ...(args.hasTensor('padMask') ? { padMask: args.tensor('padMask') } : {}),
  };
  return {
    loss: rDropLoss(z1, z2, labels, options),
    nll_per_sample: rDropLoss(z1, z2, labels, { alpha: 0, reduction: 'none' }),
    kl12_per_sample: klOfLogits(z1, z2),
    kl21_per_sample: klOfLogits(z2, z1),
    kl_sym_per_sample: symmetricKl(z1, z2),
  };
}

/** `'sum of both passes'`, or a word. */
function likelihoods(args: Arguments): Pick<RDropSettings, 'nll'> {
  const { nll } = args.options<{ nll: string }>('nll');
  return nll === undefined ? {} : { nll: nll.startsWith('sum') ? 'sum' : 'mean' };
}

function twoPasses(args: Arguments): Results {
  const hidden = tanh(linear(args.tensor('x'), args.tensor('W1')));
  const [z1, z2] = unbind(args.tensor('mask')).map((mask) =>
    linear(dropout(hidden, { p: args.number('p'), training: true, mask }), args.tensor('W2')),
  );
  const options = { ...args.options<RDropSettings>('alpha', 'reduction'), ...likelihoods(args) };
  return { loss: rDropLoss(z1!, z2!, args.integers('labels'), options) };
}

/** What acts on residual blocks and branches, and on two passes. */
export const residual: Methods = {
  r_drop: (args) => choose({ loss: twoLosses, two_pass_net_tanh: twoPasses }, args.variant)(args),
  stochastic_depth: (args) => {
    if (args.variant === 'linear_decay_schedule') return schedule(args);
    return args.variant === 'linear_blocks_exact_mean' ? exactMean(args) : depthNet(args);
  },
  drop_path: (args) => {
    const training = choose({ train: true, eval: false }, args.variant);
    return {
      y: dropPath(args.tensor('x'), {
        ...args.options<{ p: number; scaleByKeep: boolean }>('p', 'scaleByKeep'),
        training,
        ...(training ? { mask: args.tensor('mask') } : {}),
      }),
    };
  },
  shake_shake: shake,
};
