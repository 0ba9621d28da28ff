import { add, log, select, sub, tensor } from '@tikhonov/core';
import { crossEntropy, mse, type SmoothLabelsOptions, smoothLabels } from '@tikhonov/nn';
import {
  type BootstrapLossOptions,
  bootstrapLoss,
  type ConfidencePenaltyOptions,
  confidencePenalty,
  entropyOfLogits,
  type FloodingOptions,
  flooding,
} from '@tikhonov/regularizers';
import { choose, type Methods } from './adapter.ts';

/** Losses. */
export const losses: Methods = {
  bootstrap_loss: (args) => ({
    loss: bootstrapLoss(args.tensor('logits'), args.integers('y'), {
      ...args.options<BootstrapLossOptions>('beta'),
      mode: choose({ soft: 'soft', hard: 'hard' } as const, args.variant),
    }),
  }),
  confidence_penalty: (args) => {
    const [logits, labels] = [args.tensor('logits'), args.integers('y')];
    const penalty = confidencePenalty(logits, args.options<ConfidencePenaltyOptions>('beta'));
    return { entropy: entropyOfLogits(logits), loss: add(crossEntropy(logits, labels), penalty) };
  },
  flooding: (args) => {
    const dataLoss = mse(args.tensor('pred'), args.tensor('target'));
    return { dataLoss, loss: flooding(dataLoss, args.options<FloodingOptions>('floodLevel')) };
  },
  label_smoothing: (args) => {
    const [logits, labels] = [args.tensor('logits'), args.integers('y')];
    const modes = { uniform: 'uniform', others: 'others' } as const;
    const options: SmoothLabelsOptions = {
      ...args.options<SmoothLabelsOptions>('smoothing'),
      mode: choose(modes, args.variant),
      classes: args.number('numClasses'),
      dtype: args.dtype,
    };
    const targets = smoothLabels(labels, options);
    const firstClass = tensor([0], { dtype: 'int32' });
    const logRow = log(select(smoothLabels(firstClass, options), 0));
    return {
      targets,
      // By its own option where the loss has one.
      loss:
        options.mode === 'uniform'
          ? crossEntropy(logits, labels, { labelSmoothing: args.number('smoothing') })
          : crossEntropy(logits, targets),
      optimalGap: sub(select(logRow, 0), select(logRow, 1)),
      minLoss: crossEntropy(log(targets), targets),
    };
  },
};
