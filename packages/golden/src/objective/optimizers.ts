import { matmul, mul, type Parameter, sub, sum, type Tensor } from '@tikhonov/core';
import {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamOptions,
  type AdamwOptions,
  adadelta,
  adagrad,
  adam,
  adamw,
  type Optimizer,
  type RmspropOptions,
  rmsprop,
  type SamOptions,
  type SgdOptions,
  sam,
  samPerturbation,
  sgd,
} from '@tikhonov/optim';
import { l2 } from '@tikhonov/regularizers';
import type { Methods, TensorAdapter } from './adapter.ts';
import { type Arguments, parametersAt, valuesOf } from './arguments.ts';
import { dataLoss, networkOf } from './network.ts';

type Parameters = Readonly<Record<string, Parameter>>;

const inOrder = (parameters: Parameters): readonly Tensor[] =>
  Object.values(parameters).map((cell) => cell.read());

/** The parameters after every step: with given gradients, or on `w^T A w / 2 - b^T w` of each. */
const trajectory =
  (make: (parameters: Parameters, args: Arguments) => Optimizer): TensorAdapter =>
  (args) => {
    const parameters = parametersAt(args.named('params'));
    const optimizer = make(parameters, args);
    const cells = Object.values(parameters);
    const names = Object.keys(parameters);
    const byName = (tensors: readonly Tensor[]): Readonly<Record<string, Tensor>> =>
      Object.fromEntries(tensors.map((g, i) => [names[i]!, g]));
    const given = args.has('grads') ? args.steps('grads').map(byName) : null;
    const quadratic = (): Tensor => {
      const [matrices, vectors] = [args.list('A'), args.list('b')];
      return cells
        .map((w, i) =>
          sub(mul(sum(mul(w, matmul(matrices[i]!, w))), 0.5), sum(mul(vectors[i]!, w))),
        )
        .reduce((total, one) => total.add(one));
    };
    return {
      trajectory: Array.from({ length: args.count('trajectory') }, (_, k) => {
        if (given === null) optimizer.minimize(quadratic);
        else optimizer.apply(given[k]!);
        return inOrder(parameters);
      }),
    };
  };

const common = ['lr', 'weightDecay', 'maximize'] as const;
const adamNames = [...common, 'betas', 'eps', 'amsgrad'] as const;

const adamOf = (parameters: Parameters, args: Arguments): Optimizer =>
  adam(parameters, args.options<AdamOptions>(...adamNames));
const adamwOf = (parameters: Parameters, args: Arguments): Optimizer =>
  adamw(parameters, args.options<AdamwOptions>(...adamNames, 'independentDecay'));

/** The parameter after each step with one gradient. */
function constantGradient(args: Arguments, make: typeof adamOf, steps: number): readonly Tensor[] {
  const parameters = parametersAt({ w: args.tensor('w0') });
  const optimizer = make(parameters, args);
  return Array.from({ length: steps }, () => {
    optimizer.apply({ w: args.tensor('grad') });
    return parameters.w!.read();
  });
}

/** The step, and what the two passes of it saw. */
const sharpnessAware: TensorAdapter = (args) => {
  const parameters = parametersAt(networkOf(args));
  const before = valuesOf(parameters);
  const adaptive = args.variant === 'asam';
  const options: SamOptions = { ...args.options<SamOptions>('rho', 'eta'), adaptive };
  const seen: Readonly<Record<string, Tensor>>[] = [];
  const spy = {
    init: () => [],
    update: (g: Readonly<Record<string, Tensor>>, state: readonly []) => {
      seen.push(g);
      return [g, state] as const;
    },
  };
  const base = (lr: number): Optimizer => sgd(parameters, { lr, gradients: [spy] });
  base(0).minimize(() => dataLoss(args, parameters));
  const perturbation = samPerturbation(before, seen[0]!, options);
  const losses: Tensor[] = [];
  const first = sam(base(args.number('lr')), options).minimize(() => {
    const loss = dataLoss(args, parameters);
    losses.push(loss.detach());
    return loss;
  });
  return {
    dataLoss: first,
    perturbation,
    perturbedLoss: losses[1]!,
    samGrads: seen[1]!,
    step: valuesOf(parameters),
  };
};

/** Optimizers. */
export const optimizers: Methods = {
  sgd: trajectory((w, args) =>
    sgd(w, args.options<SgdOptions>(...common, 'momentum', 'dampening', 'nesterov')),
  ),
  adam: trajectory(adamOf),
  adamw: trajectory(adamwOf),
  rmsprop: trajectory((w, args) =>
    rmsprop(w, args.options<RmspropOptions>(...common, 'alpha', 'eps', 'momentum', 'centered')),
  ),
  adagrad: trajectory((w, args) =>
    adagrad(
      w,
      args.options<AdagradOptions>(...common, 'lrDecay', 'initialAccumulatorValue', 'eps'),
    ),
  ),
  adadelta: trajectory((w, args) =>
    adadelta(w, args.options<AdadeltaOptions>(...common, 'rho', 'eps')),
  ),
  adam_l2_vs_adamw: (args) => ({
    adamL2: constantGradient(args, adamOf, args.number('steps')),
    adamw: constantGradient(args, adamwOf, args.number('steps')),
  }),
  l2_weight_decay_step: (args) => {
    const parameters = parametersAt({ w: args.tensor('w') });
    const w = parameters.w!;
    const loss = (): Tensor =>
      sum(mul(w, args.tensor('grad'))).add(l2(w, { lambda: args.number('lambda') }));
    sgd(parameters, args.options<SgdOptions>('lr')).minimize(loss);
    return { w: w.read() };
  },
  sam: sharpnessAware,
};
