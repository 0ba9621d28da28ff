import { describe, expect, test } from '@jest/globals';
import {
  add,
  type DType,
  gather,
  grad,
  logSoftmax,
  matmul,
  mean,
  mul,
  neg,
  type Parameter,
  parameter,
  slice,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
} from '@tikhonov/core';
import { expectClose, goldenFile, loadTensor, precisions, type Stored } from '@tikhonov/golden';
import {
  centralizeGradients,
  clipAdaptively,
  ema,
  gradientNoiseScale,
  lookahead,
  maxNorm,
  type Named,
  type Prox,
  proxElasticNet,
  proxGroupLasso,
  proximal,
  proxL0,
  proxL1,
  proxL2,
  proxNuclear,
  type Scalar,
  sam,
  samPerturbation,
  sgd,
  softClip,
  softThreshold,
  swa,
} from '../src/index.ts';

interface Case {
  readonly id: string;
  readonly method: string;
  readonly variant: string;
  readonly params: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, Stored>> & {
    readonly grads: Stored & readonly Stored[];
    readonly y: Stored & readonly number[];
  };
  readonly noise?: { readonly normal: Stored };
  readonly grad_output?: Stored;
  readonly grads?: Readonly<Record<string, Stored>>;
  readonly expected: Readonly<Record<string, Stored>> & {
    readonly grads: Stored & readonly Stored[];
    readonly perturbation: Readonly<Record<string, Stored>>;
    readonly samGrads: Readonly<Record<string, Stored>>;
    readonly step: Readonly<Record<string, Stored>>;
    readonly dataLoss: number & Stored;
  };
}

const { cases } = goldenFile<{ cases: Case[] }>('objective.json');
const of = (method: string): (readonly [string, Case])[] => {
  const found = cases.filter((item) => item.method === method);
  if (found.length === 0) throw new Error(`no case of ${method}`);
  return found.map((item) => [`${item.id} ${item.variant}`, item] as const);
};

/** Row `i` of a stored matrix. */
const row = (stored: Stored, i: number): Stored => {
  const [, size] = stored.shape as [number, number];
  return { shape: [size], data: stored.data.slice(i * size, (i + 1) * size) };
};

const operators: Readonly<Record<string, (p: Readonly<Record<string, number>>) => Prox>> = {
  'elastic-net': (p) => proxElasticNet({ lambda1: p.lambda1!, lambda2: p.lambda2! }),
  'l2-squared': (p) => proxL2(p.lambda!),
  l0: (p) => proxL0(p.lambda!),
  'group-lasso': (p) => proxGroupLasso(p.lambda!, { axis: p.axis! }),
  nuclear: (p) => proxNuclear(p.lambda!),
};

const all = { select: () => true };

describe.each(precisions)('reference values in %s', (dtype, tolerance) => {
  const load = (stored: Stored): Tensor => loadTensor(stored, dtype);

  test.each(of('soft_threshold'))('%s', (id, item) => {
    const y = softThreshold(load(item.inputs.v!), item.params.threshold!);
    expectClose(y, item.expected.y!, tolerance, id);
    const weights = load(item.grad_output!);
    const slope = grad((v: Tensor) => sum(mul(softThreshold(v, item.params.threshold!), weights)));
    expectClose(slope(load(item.inputs.v!)), item.grads!.v!, tolerance, id);
  });

  test.each(of('prox'))('%s', (id, item) => {
    const step = tensor(item.params.step!, { dtype: 'float64' });
    const y = operators[item.variant]!(item.params)(load(item.inputs.v!), step);
    expectClose(y, item.expected.y!, tolerance, id);
  });

  test.each(of('proximal_gradient'))('%s: ISTA', (id, item) => {
    const [A, y] = [load(item.inputs.A!), load(item.inputs.y!)];
    const w = parameter(load(item.inputs.w0!));
    const updates = (lr: Scalar) => [proximal(proxL1(item.params.lambda!), lr, all)];
    const optimizer = sgd({ w }, { lr: item.params.lr!, updates });
    for (let k = 0; k < item.params.steps!; k++) {
      optimizer.minimize(() => mul(sum(sub(matmul(A, w), y).pow(2)), 0.5));
      expectClose(w.read(), row(item.expected.trajectory!, k), tolerance, `${id} step ${k}`);
    }
  });

  test.each(of('clip_soft'))('%s', (id, item) => {
    const grads = Object.fromEntries(item.inputs.grads.map((g, i) => [`w${i}`, load(g)]));
    const [clipped] = softClip(item.params.gamma!).update(grads, [], grads);
    for (const [i, want] of item.expected.grads.entries()) {
      expectClose(clipped[`w${i}`]!, want, tolerance, id);
    }
  });

  test.each(of('max_norm'))('%s', (id, item) => {
    const { maxValue, axis } = item.params;
    const w = maxNorm(maxValue!, { axis: axis! })(load(item.inputs.w!));
    expectClose(w, item.expected.w!, tolerance, id);
  });

  test.each(of('adaptive_grad_clip'))('%s', (id, item) => {
    const { clipping, eps } = item.params;
    const clip = clipAdaptively({ clipping: clipping!, eps: eps! });
    const params = { w: load(item.inputs.w!) };
    const [{ w }] = clip.update({ w: load(item.inputs.grad!) }, [], params);
    expectClose(w!, item.expected.grad!, tolerance, id);
  });

  test.each(of('grad_centralization'))('%s', (id, item) => {
    const grads = { w: load(item.inputs.grad!) };
    const [{ w }] = centralizeGradients().update(grads, [], grads);
    expectClose(w!, item.expected.grad!, tolerance, id);
  });

  test.each(of('sam'))('%s', (id, item) => {
    const names = ['W1', 'b1', 'W2', 'b2'];
    const p: Record<string, Parameter> = Object.fromEntries(
      names.map((name) => [name, parameter(load(item.inputs[name]!))]),
    );
    const x = load(item.inputs.x!);
    const labels = tensor([...item.inputs.y], { dtype: 'int32', shape: [item.inputs.y.length, 1] });
    const loss = (): Tensor => {
      const hidden = tanh(add(matmul(x, transpose(p.W1!)), p.b1!));
      const scores = logSoftmax(add(matmul(hidden, transpose(p.W2!)), p.b2!), { axis: 1 });
      return neg(mean(gather(scores, labels, { axis: 1 })));
    };
    const { rho, eta, lr } = item.params;
    const adaptive = item.variant === 'asam';
    const options = { rho: rho!, adaptive, eta: eta! };

    const before = values(p);
    const seen: Named[] = [];
    const base = sgd(p, {
      lr: lr!,
      gradients: [
        {
          init: () => [],
          update: (g, state) => {
            seen.push(g);
            return [g, state];
          },
        },
      ],
    });
    const result = sam(base, options).minimize(loss);
    expectClose(result, { shape: [], data: [item.expected.dataLoss] }, tolerance, id);
    for (const name of names) {
      expectClose(seen[0]![name]!, item.expected.samGrads[name]!, tolerance, `${id} ${name}`);
      expectClose(p[name]!.read(), item.expected.step[name]!, tolerance, `${id} ${name}`);
    }
    // The perturbation alone, at the parameters before the step.
    for (const name of names) p[name]!.write(before[name]!);
    const grads: Named[] = [];
    sgd(p, {
      lr: 0,
      gradients: [
        {
          init: () => [],
          update: (g, state) => {
            grads.push(g);
            return [g, state];
          },
        },
      ],
    }).minimize(loss);
    const away = samPerturbation(before, grads[0]!, options);
    for (const name of names) {
      expectClose(away[name]!, item.expected.perturbation[name]!, tolerance, `${id} ${name}`);
    }
  });

  test.each(of('ema'))('%s: from the first parameters, and debiased', (id, item) => {
    const sequence = item.inputs.params!;
    const w = parameter(load(row(sequence, 0)));
    const average = ema({ w }, { decay: item.params.decay! });
    const debiased = ema({ w }, { decay: item.params.decay!, debias: true });
    for (let k = 0; k < sequence.shape[0]!; k++) {
      w.write(load(row(sequence, k)));
      if (k > 0) average.update();
      debiased.update();
      expectClose(average.values().w!, row(item.expected.average!, k), tolerance, id);
      expectClose(debiased.values().w!, row(item.expected.debiased!, k), tolerance, id);
    }
  });

  test.each(of('swa'))('%s', (id, item) => {
    const sequence = item.inputs.params!;
    const w = parameter(load(row(sequence, 0)));
    const average = swa({ w });
    for (let k = 0; k < sequence.shape[0]!; k++) {
      w.write(load(row(sequence, k)));
      average.update();
      expectClose(average.values().w!, row(item.expected.average!, k), tolerance, id);
    }
  });

  test.each(of('lookahead'))('%s', (id, item) => {
    const w = parameter(load(item.inputs.params!));
    const { alpha, syncPeriod, lr } = item.params;
    const updates = () => [lookahead({ alpha: alpha!, syncPeriod: syncPeriod! })];
    const optimizer = sgd({ w }, { lr: lr!, updates });
    for (let k = 0; k < item.inputs.grads.shape[0]!; k++) {
      optimizer.apply({ w: load(row(item.inputs.grads, k)) });
      expectClose(w.read(), row(item.expected.trajectory!, k), tolerance, `${id} step ${k}`);
    }
  });

  test.each(of('grad_noise'))('%s', (id, item) => {
    const { eta, gamma } = item.params;
    for (let k = 0; k < item.inputs.grads.shape[0]!; k++) {
      const scale = gradientNoiseScale(tensor(k, { dtype: 'int32' }), {
        eta: eta!,
        gamma: gamma!,
      }).astype(dtype);
      const noisy = add(
        load(row(item.inputs.grads, k)),
        mul(load(row(item.noise!.normal, k)), scale),
      );
      expectClose(noisy, row(item.expected.grads, k), tolerance, id);
    }
  });
});

const values = (p: Readonly<Record<string, Parameter>>): Named =>
  Object.fromEntries(Object.entries(p).map(([name, cell]) => [name, cell.read()]));

test('rows are read where they lie', () => {
  const stored: Stored = { shape: [2, 2], data: [1, 2, 3, 4] };
  const dtype: DType = 'float64';
  const want = slice(loadTensor(stored, dtype), [{ start: 1, stop: 2 }]).data();
  expect(Array.from(want)).toEqual(row(stored, 1).data);
});
