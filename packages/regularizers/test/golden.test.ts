import { describe, expect, test } from '@jest/globals';
import {
  type DType,
  grad,
  matmul,
  mul,
  type Parameter,
  parameter,
  random,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
} from '@tikhonov/core';
import { expectedCount } from '@tikhonov/golden';
import { adam, adamw, type Optimizer, sgd } from '@tikhonov/optim';
import { initialPatience } from '@tikhonov/train';
import {
  clipByValue,
  clipGradsByGlobalNorm,
  crossEntropy,
  dropout,
  elasticNet,
  frobeniusNorm,
  gaussianPrior,
  l1,
  l2,
  laplacePrior,
  patienceUpdate,
  proxElasticNet,
  proxL1,
  proxL2,
  smoothLabels,
  softThreshold,
  spectralNorm,
  spectralNormPenalty,
  spectralNormValue,
} from '../src/index.ts';
import { Golden, type GoldenCase, goldenCases, type Stored } from './golden-file.ts';

/** Value and gradients of a penalty of `inputs.params`. */
function penalty(g: Golden, f: (params: readonly Tensor[]) => Tensor): void {
  const [value, gradients] = valueAndGrad(f)(g.inputs('params'));
  g.expected('loss', value);
  g.gradient('params', gradients);
}

/** Value and gradient of a scalar function of `inputs[name]`. */
function scalarOf(g: Golden, name: string, f: (x: Tensor) => Tensor): void {
  const [value, gradient] = valueAndGrad(f)(g.input(name));
  g.expected('loss', value);
  g.gradient(name, gradient);
}

/** Value and pulled-back cotangent of a function of `inputs[name]`. */
function elementwise(g: Golden, name: string, f: (x: Tensor) => Tensor): void {
  const x = g.input(name);
  g.expected('y', f(x));
  const cotangent = g.load(g.case.grad_output!);
  g.gradient(name, grad((v: Tensor) => sum(mul(f(v), cotangent)))(x));
}

const named = (grads: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(grads.map((x, i) => [`g${i}`, x]));

/** The parameter after each step with a constant gradient. */
function trajectory(
  start: Tensor,
  gradient: Tensor,
  steps: number,
  make: (target: { readonly w: Parameter }) => Optimizer,
): number[] {
  const w = parameter(start);
  const optimizer = make({ w });
  return Array.from({ length: steps }, () => {
    optimizer.minimize(() => sum(mul(w, gradient)));
    return Array.from(w.read().data());
  }).flat();
}

const proxes: Readonly<Record<string, (g: Golden, v: Tensor) => Tensor>> = {
  'elastic-net': (g, v) =>
    proxElasticNet(v, {
      lambda1: g.number('lambda1'),
      lambda2: g.number('lambda2'),
      step: g.number('step'),
    }),
  'l2-squared': (g, v) => proxL2(v, { lambda: g.number('lambda'), step: g.number('step') }),
};

/** A leading pair to rounding: enough rounds for any gap that the cases have. */
function exactSpectral(g: Golden): void {
  const w = g.input('W');
  const lambda = g.number('lambda');
  const out = w.shape[0]!;
  const u = random.normal(random.key(0), [out], { dtype: g.dtype });
  const options = { u, lambda, nPowerIterations: 400 };
  g.expected('sigma', spectralNormValue(w));
  g.expected('frobenius', frobeniusNorm(w));
  g.expected('loss', lambda * spectralNormValue(w) ** 2);
  scalarOf(g, 'W', (x) => spectralNormPenalty(x, options).loss);
  g.close(
    'dSigma',
    grad((x: Tensor) => spectralNormPenalty(x, options).sigma)(w),
    g.case.expected.dSigma,
  );
}

function powerIteration(g: Golden): void {
  const [w, u] = [g.input('W'), g.input('u0')];
  const lambda = g.number('lambda');
  const nPowerIterations = g.number('nPowerIterations');
  const options = { u, lambda, nPowerIterations };
  const result = spectralNormPenalty(w, options);
  for (const name of ['u', 'v', 'sigma', 'loss'] as const) g.expected(name, result[name]);
  scalarOf(g, 'W', (x) => spectralNormPenalty(x, options).loss);
  // The stateful form goes on from its cells in the same way.
  const weight = parameter(w);
  const stateful = spectralNorm(weight, { lambda, nPowerIterations });
  stateful.state['']!.u.write(u);
  const [loss, slope] = valueAndGrad((_w: Parameter) => stateful())(weight);
  g.expected('loss', loss);
  g.gradient('W', slope);
  g.expected('u', stateful.state['']!.u.read());
}

function followPatience(g: Golden): void {
  const values = g.case.inputs.val as readonly number[];
  type Row = readonly [number, number, number | null, number, number];
  for (const [patience, minDelta, stop, bestEpoch, best] of g.case.expected.patience as Row[]) {
    let state = initialPatience;
    let stopped: number | null = null;
    for (const [i, value] of values.entries()) {
      const decision = patienceUpdate(state, value, { patience, minDelta });
      state = decision.state;
      if (decision.stop === null) continue;
      stopped = i + 1;
      break;
    }
    expect({ patience, minDelta, stopped, bestEpoch: state.bestEpoch, best: state.best }).toEqual({
      patience,
      minDelta,
      stopped: stop,
      bestEpoch,
      best,
    });
  }
}

function smoothing(g: Golden): void {
  const labels = tensor(Int32Array.from(g.case.inputs.y as readonly number[]));
  const mode = g.case.variant as 'uniform' | 'others';
  const [eps, classes] = [g.number('smoothing'), g.number('numClasses')];
  const q = smoothLabels(labels, { smoothing: eps, classes, mode, dtype: g.dtype });
  g.expected('targets', q);
  scalarOf(g, 'logits', (z) => crossEntropy(z, q));
  if (mode === 'others') return;
  scalarOf(g, 'logits', (z) => crossEntropy(z, labels, { labelSmoothing: eps }));
}

function dropoutCase(g: Golden): void {
  const p = g.number('p');
  const mode = g.case.variant.startsWith('classic') ? 'classic' : 'inverted';
  if (g.case.variant === 'moments_exact') {
    const x = g.input('x');
    for (const each of ['inverted', 'classic'] as const) {
      let [first, second] = [mul(x, 0), mul(x, 0)];
      for (let code = 0; code < 2 ** x.size; code++) {
        const bits = Array.from({ length: x.size }, (_, i) => (code >> i) & 1);
        const kept = bits.reduce((a, b) => a + b, 0);
        const weight = (1 - p) ** kept * p ** (x.size - kept);
        const y = dropout(x, { p, mask: tensor(bits), mode: each, training: true });
        first = first.add(y.mul(weight));
        second = second.add(y.mul(y).mul(weight));
      }
      g.expected(`mean_${each}`, first);
      g.expected(`var_${each}`, second.sub(first.mul(first)));
    }
    return;
  }
  const { mask } = g.case.noise;
  const noiseShape = g.case.params.noiseShape as readonly number[] | undefined;
  elementwise(g, 'x', (x) =>
    dropout(x, {
      p,
      mode,
      training: mask !== undefined,
      ...(mask === undefined ? {} : { mask: g.load(mask) }),
      ...(noiseShape === undefined ? {} : { noiseShape }),
    }),
  );
}

/** What is run for each method of the files, and how many cases there are. */
const methods: Readonly<Record<string, readonly [count: number, run: (g: Golden) => void]>> = {
  l2: [
    6,
    (g) =>
      penalty(g, (params) =>
        l2(params, { lambda: g.number('lambda'), half: g.case.variant === 'half' }),
      ),
  ],
  l2_weight_decay_step: [
    3,
    (g) => {
      const gradient = g.input('grad');
      const w = parameter(g.input('w'));
      const [lr, lambda] = [g.number('lr'), g.number('lambda')];
      sgd({ w }, { lr }).minimize(() => sum(mul(w, gradient)).add(l2(w, { lambda })));
      g.expected('w', w.read());
    },
  ],
  gaussian_prior: [
    3,
    (g) => {
      scalarOf(g, 'w', (w) => gaussianPrior(w, { sigma: g.number('sigma') }));
      const lambda = g.case.expected.lambda as number;
      const w = g.input('w');
      const constant = gaussianPrior(w, { sigma: g.number('sigma') }).sub(l2(w, { lambda }));
      g.expected('constant', constant);
    },
  ],
  l1: [3, (g) => penalty(g, (params) => l1(params, { lambda: g.number('lambda') }))],
  laplace_prior: [
    3,
    (g) => {
      scalarOf(g, 'w', (w) => laplacePrior(w, { scale: g.number('scale') }));
      const lambda = g.case.expected.lambda as number;
      const w = g.input('w');
      g.expected('constant', laplacePrior(w, { scale: g.number('scale') }).sub(l1(w, { lambda })));
    },
  ],
  soft_threshold: [3, (g) => elementwise(g, 'v', (v) => softThreshold(v, g.number('threshold')))],
  prox: [6, (g) => g.expected('y', proxes[g.case.variant]!(g, g.input('v')))],
  proximal_gradient: [
    2,
    (g) => {
      const [a, y] = [g.input('A'), g.input('y')];
      const [lambda, step] = [g.number('lambda'), g.number('lr')];
      let w = g.input('w0');
      const path: number[] = [];
      for (let k = 0; k < g.number('steps'); k++) {
        const slope = matmul(transpose(a), matmul(a, w).sub(y));
        w = proxL1(w.sub(slope.mul(step)), { lambda, step });
        path.push(...w.data());
      }
      const { shape } = g.case.expected.trajectory as Stored;
      g.expected('trajectory', tensor(Float64Array.from(path), { shape }));
      const residual = matmul(a, w).sub(y);
      g.expected('objective', sum(mul(residual, residual)).mul(0.5).add(l1(w, { lambda })));
    },
  ],
  elastic_net: [
    6,
    (g) =>
      penalty(g, (params) =>
        elasticNet(
          params,
          g.case.variant === 'alpha-ratio'
            ? { alpha: g.number('alpha'), l1Ratio: g.number('l1Ratio') }
            : { lambda1: g.number('lambda1'), lambda2: g.number('lambda2') },
        ),
      ),
  ],
  spectral_norm_reg: [
    9,
    (g) => (g.case.variant === 'exact' ? exactSpectral(g) : powerIteration(g)),
  ],
  clip_by_global_norm: [
    16,
    (g) => {
      const { grads, totalNorm } = clipGradsByGlobalNorm(
        named(g.inputs('grads')),
        g.number('maxNorm'),
        {
          normType: g.number('normType'),
          eps: g.number('eps'),
        },
      );
      g.expected('grads', Object.values(grads));
      g.expected('totalNorm', totalNorm);
    },
  ],
  clip_by_value: [
    4,
    (g) => {
      const grads = named(g.inputs('grads'));
      const clip = clipByValue(g.number('clipValue'));
      g.expected('grads', Object.values(clip.update(grads, clip.init(grads), grads)[0]));
    },
  ],
  early_stopping: [4, followPatience],
  label_smoothing: [6, smoothing],
  adam_l2_vs_adamw: [
    1,
    (g) => {
      const [w0, gradient] = [g.input('w0'), g.input('grad')];
      const options = { lr: g.number('lr'), weightDecay: g.number('weightDecay') };
      for (const [name, make] of [
        ['adamL2', adam],
        ['adamw', adamw],
      ] as const) {
        const path = trajectory(w0, gradient, g.number('steps'), (target) => make(target, options));
        const { shape } = g.case.expected[name] as Stored;
        g.expected(name, tensor(Float64Array.from(path), { shape }));
      }
    },
  ],
  dropout: [10, dropoutCase],
};

const isImplemented = ({ method, variant }: GoldenCase): boolean =>
  method in methods && (method !== 'prox' || variant in proxes);

const all = goldenCases();
const run = all.filter(isImplemented);

describe.each<[DType, number]>([
  ['float64', 1e-9],
  ['float32', 1e-4],
])('reference values in %s', (dtype, tolerance) => {
  const cases = run.filter((item) => dtype === 'float64' || item.float32 !== false);
  test.each(cases.map((item) => [item.id, item.variant, item] as const))(
    '%s %s',
    (_id, _variant, item) => {
      methods[item.method]![1](new Golden(item, dtype, tolerance));
    },
  );
});

test(`${run.length} of ${all.length} reference cases are of methods of this package; none is missing`, () => {
  const counts = Object.fromEntries(Object.keys(methods).map((name) => [name, 0]));
  for (const item of run) counts[item.method]! += 1;
  const missing = Object.entries(methods).filter(
    ([name, [count]]) => counts[name]! < expectedCount(count),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
});
