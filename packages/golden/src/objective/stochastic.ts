import { add, matmul, mul, sum, transpose } from '@tikhonov/core';
import { crossEntropy, linear, mse } from '@tikhonov/nn';
import {
  type DeCovOptions,
  deCov,
  gateProbNonzero,
  gateProbOne,
  gaussianKl,
  type HardConcreteOptions,
  hardConcrete,
  hardConcreteGate,
  type KlSparsityOptions,
  klSparsity,
  type L0PenaltyOptions,
  l0Penalty,
  type StandardizeWeightOptions,
  standardizedWeight,
  type VibOptions,
  vib,
} from '@tikhonov/regularizers';
import { choose, type Methods, type Results } from './adapter.ts';
import type { Arguments } from './arguments.ts';

const distribution = (args: Arguments): HardConcreteOptions =>
  args.options<HardConcreteOptions>('beta', 'gamma', 'zeta');

const penaltyOf = (args: Arguments): ReturnType<typeof l0Penalty> =>
  l0Penalty(
    args.tensor('logAlpha'),
    args.options<L0PenaltyOptions>('lambda', 'groupSize', 'beta', 'gamma', 'zeta'),
  );

const gated: Readonly<Record<string, (args: Arguments) => Results>> = {
  penalty: (args) => {
    const logAlpha = args.tensor('logAlpha');
    return {
      loss: penaltyOf(args),
      probNonzero: gateProbNonzero(logAlpha, distribution(args)),
      probOne: gateProbOne(logAlpha, distribution(args)),
      evalGate: hardConcreteGate(logAlpha, distribution(args)),
    };
  },
  gate: (args) => ({
    ...hardConcrete(args.tensor('logAlpha'), { ...distribution(args), u: args.tensor('u') }),
  }),
  'gated-linear': (args) => {
    const { z } = hardConcrete(args.tensor('logAlpha'), {
      ...distribution(args),
      u: args.tensor('u'),
    });
    const w = mul(args.tensor('W'), z);
    const output = matmul(args.tensor('x'), transpose(w));
    return { loss: add(mse(output, args.tensor('y')), penaltyOf(args)) };
  },
};

/** Gates, codes, activations and weights as layers see them. */
export const stochastic: Methods = {
  vib: (args) => {
    const [w, b] = [args.tensor('W'), args.tensor('b')];
    const y = args.integers('y');
    const { std, z, kl, dataLoss, loss } = vib(
      args.tensor('mu'),
      args.tensor('rho'),
      (code) => crossEntropy(linear(code, w, b), y),
      {
        ...args.options<VibOptions>('beta', 'stdShift', 'numSamples'),
        eps: args.tensor('eps'),
      },
    );
    return { std, z, kl, ce: dataLoss, loss };
  },
  gaussian_kl: (args) => {
    const [mu1, std1] = [args.tensor('mu1'), args.tensor('std1')];
    return { loss: sum(gaussianKl(mu1, std1, args.tensor('mu2'), args.tensor('std2'))) };
  },
  decov: (args) => ({ loss: deCov(args.tensor('h'), args.options<DeCovOptions>('lambda')) }),
  kl_sparsity: (args) => ({
    loss: klSparsity(args.tensor('h'), args.options<KlSparsityOptions>('lambda', 'rho')),
  }),
  weight_standardization: (args) => ({
    y: standardizedWeight(args.tensor('w'), args.options<StandardizeWeightOptions>('eps')),
  }),
  l0_hard_concrete: (args) => choose(gated, args.variant)(args),
};
