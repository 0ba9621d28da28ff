import {
  add,
  grad,
  matmul,
  mean,
  mul,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
} from '@tikhonov/core';
import { type ActivationName, activation, crossEntropy, mse } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import {
  type AdversarialLossOptions,
  adversarialExample,
  adversarialLoss,
  type FunctionGradientPenaltyOptions,
  functionGradientPenalty,
  type GradientPenaltyOptions,
  geometricOccam,
  gradientPenalty,
  type ImplicitGradientOptions,
  type InputGradientPenaltyOptions,
  inputGradientPenalty,
  inputGradients,
  type JacobianPenaltyOptions,
  jacobianPenalty,
  localDistributionalSmoothness,
  modifiedLoss,
  type VatOptions,
  vat,
  vatPerturbation,
} from '@tikhonov/regularizers';
import { choose, type Methods, type TensorAdapter } from './adapter.ts';
import { type Arguments, parametersAt } from './arguments.ts';
import { dataLoss, forward, networkOf } from './network.ts';

/** The case's network as a function of the rows alone. */
const network =
  (args: Arguments) =>
  (x: Tensor): Tensor =>
    forward(args, networkOf(args), x);

/** One loss per row: cross entropy, or the mean over outputs of the squared error. */
const losses = (args: Arguments) => (x: Tensor) => {
  const [out, reduction] = [network(args)(x), 'none'] as const;
  return args.hasTensor('y')
    ? mean(mse(out, args.tensor('y'), { reduction }), { axis: 1 })
    : crossEntropy(out, args.integers('y'), { reduction });
};

const quadratic =
  (args: Arguments) =>
  (theta: Tensor): Tensor => {
    const half = mul(sum(mul(theta, matmul(args.tensor('A'), theta))), 0.5);
    return sub(half, sum(mul(args.tensor('b'), theta)));
  };

const critic: TensorAdapter = (args) => {
  const kinds = { 'wgan-gp': 0, 'wgan-lp': 0, r1: 0, dirichlet: 0 };
  choose(kinds, args.variant);
  const given = args.has('epsilon')
    ? { fake: args.tensor('fake'), epsilon: args.tensor('epsilon') }
    : {};
  const options = {
    kind: args.variant,
    ...args.options<{ lambda: number; eps: number }>('lambda', 'eps'),
    ...given,
  };
  return {
    loss: functionGradientPenalty(
      network(args),
      args.tensor(args.has('real') ? 'real' : 'x'),
      options as FunctionGradientPenaltyOptions,
    ),
  };
};

const adversarial: TensorAdapter = (args) => {
  type Numbers = { [K in 'epsilon' | 'steps' | 'stepSize' | 'clipMin' | 'clipMax']: number };
  const start = args.has('start') ? { start: args.tensor('start') } : {};
  const options = {
    direction: args.variant,
    ...args.options<Numbers>('epsilon', 'steps', 'stepSize', 'clipMin', 'clipMax'),
    ...start,
  } as AdversarialLossOptions;
  const [each, x] = [losses(args), args.tensor('x')];
  return {
    xAdv: adversarialExample(each, x, options),
    advLoss: adversarialLoss(each, x, { ...options, alpha: 0 }),
    loss: adversarialLoss(each, x, { ...options, ...args.options<{ alpha: number }>('alpha') }),
  };
};

const occam: TensorAdapter = (args) => {
  const biases = args.list('b');
  const layers = args.list('W').map((weight, l) => ({
    weight,
    bias: biases[l]!,
    activation: activation(args.text('activation') as ActivationName),
  }));
  const head = (h: Tensor): Tensor => add(sum(mul(args.tensor('c'), h)), mul(sum(square(h)), 0.5));
  const found = geometricOccam(layers, args.tensor('x'), { head });
  return {
    f: found.value,
    inputGradNormSq: found.inputGradNormSq,
    lhs: found.layers.map(({ lhs }) => lhs),
    weightGradNormSq: found.layers.map(({ weightGradNormSq }) => weightGradNormSq),
    biasGradNormSq: found.layers.map(({ biasGradNormSq }) => biasGradNormSq),
    lhsTotal: found.lhsTotal,
  };
};

const virtual: TensorAdapter = (args) => {
  const options = {
    ...args.options<VatOptions>('epsilon', 'alpha', 'xi', 'nPowerIterations', 'mode'),
    d0: args.tensor('d0'),
  };
  const { alpha: _, ...direction } = options;
  const [f, x] = [network(args), args.tensor('x')];
  const rAdv = vatPerturbation(f, x, direction);
  return {
    probs: softmax(f(x)),
    rAdv,
    lds: localDistributionalSmoothness(f, x, rAdv),
    loss: vat(f, x, options),
  };
};

/** Penalties of gradients, and losses at inputs that gradients find. */
export const gradientPenalties: Methods = {
  grad_penalty_params: (args) => {
    const [parameters, x] = [networkOf(args), args.tensor('x')];
    const options = args.options<Pick<GradientPenaltyOptions, 'lambda'>>('lambda');
    type Point = Readonly<Record<string, Tensor>>;
    const loss = (p: Point): Tensor => dataLoss(args, p);
    const penalty = ({ x: rows, ...p }: Point, lambda: number): Tensor =>
      gradientPenalty((q: Point) => loss({ ...q, x: rows! }), p, { lambda });
    const at = { ...parameters, x };
    return {
      dataLoss: loss(at),
      penalty: penalty(at, 1),
      loss: add(loss(at), gradientPenalty(loss, parameters, options)),
      dataGrads: grad(loss)(parameters),
      penaltyGrads: grad((point: Point) => penalty(point, 1))(at),
    };
  },
  implicit_gradient_reg: (args) => {
    const { lr } = args.options<ImplicitGradientOptions & { lr: number }>('lr');
    const [loss, theta] = [quadratic(args), args.tensor('theta')];
    const parameters = parametersAt({ theta });
    sgd(parameters, { lr }).minimize(() => loss(parameters.theta!.read()));
    return {
      dataLoss: loss(theta),
      loss: modifiedLoss(loss, theta, { lr }),
      gdStep: parameters.theta!.read(),
    };
  },
  grad_penalty_inputs: (args) => {
    const options = args.options<InputGradientPenaltyOptions>('lambda', 'norm', 'eps');
    const [each, x] = [losses(args), args.tensor('x')];
    return {
      dataLoss: mean(each(x)),
      inputGrads: inputGradients(each, x),
      penalty: inputGradientPenalty(each, x, { ...options, lambda: 1 }),
      loss: add(mean(each(x)), inputGradientPenalty(each, x, options)),
    };
  },
  grad_penalty_function: critic,
  adversarial_training: adversarial,
  geometric_occam: occam,
  jacobian_reg: (args) => {
    const v = args.has('v') ? { v: args.tensor('v') } : {};
    choose({ exact: 0, 'random-projection': 0 }, args.variant);
    const options = args.options<JacobianPenaltyOptions>('lambda');
    return { loss: jacobianPenalty(network(args), args.tensor('x'), { ...options, ...v }) };
  },
  vat: virtual,
};
