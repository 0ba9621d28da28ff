import { describe, expect, test } from '@jest/globals';
import {
  type DType,
  matmul,
  mul,
  type Parameter,
  parameter,
  sub,
  type Tensor,
} from '@tikhonov/core';
import { expectClose, goldenFile, loadTensor, precisions, type Stored } from '@tikhonov/golden';
import {
  adadelta,
  adagrad,
  adam,
  adamw,
  clipByValue,
  clipGradsByGlobalNorm,
  type Named,
  type Optimizer,
  type OptimizerTarget,
  rmsprop,
  sgd,
} from '../src/index.ts';

interface Settings {
  readonly lr: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly maximize?: boolean;
  readonly weightDecay: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly amsgrad?: boolean;
  readonly alpha?: number;
  readonly centered?: boolean;
  readonly lrDecay?: number;
  readonly initialAccumulatorValue?: number;
  readonly rho?: number;
}

interface Case {
  readonly id: string;
  readonly method: string;
  readonly variant: string;
  readonly params: Settings & {
    readonly torchWeightDecay: number;
    readonly maxNorm: number;
    readonly normType: number | 'inf';
    readonly clipValue: number;
  };
  readonly inputs: {
    readonly params: readonly Stored[];
    readonly grads: readonly Stored[] & readonly (readonly Stored[])[];
    readonly grad: Stored;
    readonly A: Stored;
    readonly b: Stored;
    readonly w: Stored;
    readonly w0: Stored;
  };
  readonly expected: {
    readonly trajectory: readonly (readonly Stored[])[];
    readonly grads: readonly Stored[];
    readonly totalNorm: number;
    readonly w: Stored;
    readonly adamL2: Stored;
    readonly adamw: Stored;
  };
}

const { cases } = goldenFile<{ cases: Case[] }>('objective.json');
const of = (...methods: string[]): (readonly [string, Case])[] =>
  cases.filter(({ method }) => methods.includes(method)).map((item) => [item.id, item] as const);

const make: Readonly<Record<string, (target: OptimizerTarget, settings: Settings) => Optimizer>> = {
  sgd,
  adam,
  adamw,
  rmsprop,
  adagrad,
  adadelta,
};

const numbered = (tensors: readonly Stored[], dtype: DType): Named =>
  Object.fromEntries(tensors.map((stored, i) => [`w${i}`, loadTensor(stored, dtype)]));

describe.each(precisions)('reference values in %s', (dtype, tolerance) => {
  test.each(of('sgd', 'adam', 'adamw', 'rmsprop', 'adagrad', 'adadelta'))(
    'the trajectory of %s',
    (id, item) => {
      const parameters: Record<string, Parameter> = Object.fromEntries(
        Object.entries(numbered(item.inputs.params, dtype)).map(([name, w]) => [
          name,
          parameter(w),
        ]),
      );
      const optimizer = make[item.method]!(parameters, item.params);
      expect(item.expected.trajectory).toHaveLength(10);
      for (const [k, want] of item.expected.trajectory.entries()) {
        if (item.variant === 'quadratic') {
          const w = parameters.w0!;
          const [A, b] = [loadTensor(item.inputs.A, dtype), loadTensor(item.inputs.b, dtype)];
          optimizer.minimize(() => sub(mul(mul(w, matmul(A, w)).sum(), 0.5), mul(b, w).sum()));
        } else {
          optimizer.apply(numbered(item.inputs.grads[k]!, dtype));
        }
        for (const [i, stored] of want.entries()) {
          expectClose(parameters[`w${i}`]!.read(), stored, tolerance, `${id} step ${k + 1}`);
        }
      }
    },
  );

  test.each(of('l2_weight_decay_step'))('%s: one step of SGD with L2', (id, item) => {
    const w = parameter(loadTensor(item.inputs.w, dtype));
    const { lr, torchWeightDecay: weightDecay } = item.params;
    sgd({ w }, { lr, weightDecay }).apply({ w: loadTensor(item.inputs.grad, dtype) });
    expectClose(w.read(), item.expected.w, tolerance, id);
  });

  test.each(of('adam_l2_vs_adamw'))('%s', (id, item) => {
    const g = loadTensor(item.inputs.grad, dtype);
    const { lr, weightDecay } = item.params;
    const both = [
      [adam, item.expected.adamL2],
      [adamw, item.expected.adamw],
    ] as const;
    for (const [optimizerOf, expected] of both) {
      const w = parameter(loadTensor(item.inputs.w0, dtype));
      const optimizer = optimizerOf({ w }, { lr, weightDecay });
      const [steps, size] = expected.shape as [number, number];
      for (let k = 0; k < steps; k++) {
        optimizer.apply({ w: g });
        const data = expected.data.slice(k * size, (k + 1) * size);
        expectClose(w.read(), { shape: [size], data }, tolerance, `${id} step ${k + 1}`);
      }
    }
  });

  test.each(of('clip_by_global_norm'))('%s', (id, item) => {
    const { maxNorm, normType, eps = 0 } = item.params;
    const { grads, totalNorm } = clipGradsByGlobalNorm(
      numbered(item.inputs.grads, dtype),
      maxNorm,
      { normType: normType === 'inf' ? Infinity : normType, eps },
    );
    expectNamed(grads, item.expected.grads, tolerance, id);
    expectClose(totalNorm, { shape: [], data: [item.expected.totalNorm] }, tolerance, id);
  });

  test.each(of('clip_by_value'))('%s', (id, item) => {
    const clip = clipByValue(item.params.clipValue);
    const given = numbered(item.inputs.grads, dtype);
    const [grads] = clip.update(given, clip.init(given), given);
    expectNamed(grads, item.expected.grads, tolerance, id);
  });
});

function expectNamed(named: Named, want: readonly Stored[], tolerance: number, what: string): void {
  const tensors: Tensor[] = Object.values(named);
  expect(tensors).toHaveLength(want.length);
  for (const [i, stored] of want.entries()) expectClose(tensors[i]!, stored, tolerance, what);
}

test('the file holds every method that these tests are about', () => {
  const counts = [
    of('sgd'),
    of('adam'),
    of('adamw'),
    of('rmsprop'),
    of('adagrad'),
    of('adadelta'),
    of('l2_weight_decay_step'),
    of('adam_l2_vs_adamw'),
    of('clip_by_global_norm'),
    of('clip_by_value'),
  ].map((list) => list.length);
  expect(counts.map((count) => count > 0)).toEqual(counts.map(() => true));
});
