import { type Tensor, unbind } from '@tikhonov/core';
import {
  type EmaOptions,
  ema,
  type LookaheadOptions,
  lookahead,
  type ParameterAverage,
  type SgdOptions,
  sgd,
  swa,
} from '@tikhonov/optim';
import type { Methods } from './adapter.ts';
import { type Arguments, parametersAt } from './arguments.ts';

/** An average after each of the parameters' values; `skip` of them it has at its start. */
function averages(
  args: Arguments,
  make: (target: ReturnType<typeof parametersAt>) => ParameterAverage,
  skip = 0,
): readonly Tensor[] {
  const values = unbind(args.tensor('params'));
  const parameters = parametersAt({ w: values[0]! });
  const average = make(parameters);
  return values.map((value, k) => {
    parameters.w!.write(value);
    if (k >= skip) average.update();
    return average.values().w!;
  });
}

/** Averages of parameters over the steps. */
export const averaging: Methods = {
  ema: (args) => {
    const options = args.options<EmaOptions>('decay');
    return {
      average: averages(args, (target) => ema(target, options), 1),
      debiased: averages(args, (target) => ema(target, { ...options, debias: true })),
    };
  },
  swa: (args) => ({ average: averages(args, swa) }),
  lookahead: (args) => {
    const parameters = parametersAt({ w: args.tensor('params') });
    const updates = () => [lookahead(args.options<LookaheadOptions>('alpha', 'syncPeriod'))];
    const optimizer = sgd(parameters, { ...args.options<SgdOptions>('lr'), updates });
    return {
      trajectory: args.steps('grads').map(([w]) => {
        optimizer.apply({ w: w! });
        return parameters.w!.read();
      }),
    };
  },
};
