import { matmul, square, sub, sum, type Tensor, tensor } from '@tikhonov/core';
import {
  type ElasticNetStrengths,
  type GroupLassoOptions,
  maxNorm,
  type Prox,
  proxElasticNet,
  proxGroupLasso,
  proximal as proximalStep,
  proxL0,
  proxL1,
  proxL2,
  proxNuclear,
  type SgdOptions,
  type SliceOptions,
  sgd,
  softThreshold,
} from '@tikhonov/optim';
import { l1 } from '@tikhonov/regularizers';
import { choose, type Methods } from './adapter.ts';
import { type Arguments, parametersAt } from './arguments.ts';

const operators: Readonly<Record<string, (args: Arguments) => Prox>> = {
  l1: (args) => proxL1(args.number('lambda')),
  'l2-squared': (args) => proxL2(args.number('lambda')),
  'elastic-net': (args) => proxElasticNet(args.options<ElasticNetStrengths>('lambda1', 'lambda2')),
  l0: (args) => proxL0(args.number('lambda')),
  'group-lasso': (args) =>
    proxGroupLasso(args.number('lambda'), args.options<GroupLassoOptions>('axis', 'weighted')),
  nuclear: (args) => proxNuclear(args.number('lambda')),
};

/** Proximal maps, projections, and steps with them. */
export const proximal: Methods = {
  soft_threshold: (args) => ({ y: softThreshold(args.tensor('v'), args.number('threshold')) }),
  prox: (args) => {
    const step = tensor(args.number('step'), { dtype: 'float64' });
    return { y: choose(operators, args.variant)(args)(args.tensor('v'), step) };
  },
  max_norm: (args) => ({
    w: maxNorm(args.number('maxValue'), args.options<SliceOptions>('axis'))(args.tensor('w')),
  }),
  proximal_gradient: (args) => {
    const parameters = parametersAt({ w: args.tensor('w0') });
    const w = parameters.w!;
    const lambda = args.number('lambda');
    const { lr } = args.options<SgdOptions>('lr');
    const optimizer = sgd(parameters, {
      lr,
      updates: (rate) => [proximalStep(proxL1(lambda), rate, { select: () => true })],
    });
    const dataLoss = (): Tensor =>
      sum(square(sub(matmul(args.tensor('A'), w), args.tensor('y')))).mul(0.5);
    const trajectory = Array.from({ length: args.number('steps') }, () => {
      optimizer.minimize(dataLoss);
      return w.read();
    });
    return { trajectory, objective: dataLoss().add(l1(w, { lambda })) };
  },
};
