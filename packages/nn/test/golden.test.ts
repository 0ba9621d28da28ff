import { describe, expect, test } from '@jest/globals';
import { type DType, grad, hvp, mul, sum, type Tensor, tensor } from '@tikhonov/core';
import {
  expectClose,
  expectedCount,
  goldenFile,
  loadTensor,
  precisions,
  type SecondOrderCase,
  type Stored,
} from '@tikhonov/golden';
import {
  crossEntropy,
  type DropoutSettings,
  dropout,
  l1Loss,
  linear,
  mse,
  type Reduction,
} from '../src/index.ts';

interface OpCase {
  readonly id: string;
  readonly op: string;
  readonly attrs: {
    readonly reduction: Reduction;
    readonly labelSmoothing?: number;
    readonly weight?: readonly number[];
  };
  readonly inputs: readonly Stored[];
  readonly outputs: readonly Stored[];
  readonly grad_outputs: readonly Stored[];
  readonly grads: readonly (Stored | null)[];
}

interface DropoutCase {
  readonly id: string;
  readonly method: string;
  readonly variant: string;
  readonly params: { readonly p: number; readonly noiseShape?: readonly number[] };
  readonly inputs: { readonly x: Stored };
  readonly noise: { readonly u?: Stored; readonly mask?: Stored };
  readonly grad_output: Stored | null;
  readonly expected: Readonly<Record<string, Stored>>;
  readonly grads: { readonly x?: Stored };
}

type Operation = (inputs: readonly Tensor[], attrs: OpCase['attrs']) => Tensor;

const operations: Readonly<Record<string, Operation>> = {
  linear: ([x, w, b]) => linear(x!, w!, b),
  mse_loss: ([y, t], { reduction }) => mse(y!, t!, { reduction }),
  l1_loss: ([y, t], { reduction }) => l1Loss(y!, t!, { reduction }),
  cross_entropy: ([z, y], { reduction, labelSmoothing, weight }) =>
    crossEntropy(z!, y!, {
      reduction,
      ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
      ...(weight === undefined ? {} : { weight }),
    }),
};

const ops = goldenFile<{ cases: OpCase[]; second_order: SecondOrderCase[] }>('ops.json');
const structure = goldenFile<{ cases: DropoutCase[] }>('structure.json');

describe.each(precisions)('reference values in %s', (dtype, tolerance) => {
  const cases = ops.cases.filter(({ op }) => Object.hasOwn(operations, op));
  test.each(cases.map((item) => [item.id, item] as const))('%s', (id, item) => {
    const operation = operations[item.op]!;
    const inputs = item.inputs.map((stored) => loadTensor(stored, dtype));
    expectClose(operation(inputs, item.attrs), item.outputs[0]!, tolerance, id);
    const floating = inputs.filter((x) => x.dtype === dtype);
    const pulled = grad((xs: readonly Tensor[]) => {
      const arguments_ = inputs.map((x) => (x.dtype === dtype ? xs[floating.indexOf(x)]! : x));
      return sum(mul(operation(arguments_, item.attrs), loadTensor(item.grad_outputs[0]!, dtype)));
    })(floating);
    for (const [i, want] of item.grads.entries()) {
      if (want === null) continue;
      expectClose(pulled[floating.indexOf(inputs[i]!)]!, want, tolerance, `${id} gradient ${i}`);
    }
  });

  const second = ops.second_order.filter(({ op }) => op === 'softmax_ce');
  test.each(second.map((item) => [item.id, item] as const))('%s', (id, item) => {
    const inputs = item.inputs.map((stored) => loadTensor(stored, dtype));
    const v = item.v.map((stored) => loadTensor(stored, dtype));
    const loss = (all: readonly Tensor[]): Tensor => {
      const logits = linear(all[0]!, all[1]!, all[2]!);
      const [n, classes] = logits.shape;
      const labels = tensor(
        Array.from({ length: n! }, (_, i) => i % classes!),
        { dtype: 'int32' },
      );
      return crossEntropy(logits, labels);
    };
    expectClose(loss(inputs), { shape: [], data: [item.value] }, tolerance, id);
    const products = hvp(loss, [inputs], [v]) as readonly (readonly Tensor[])[];
    for (const [i, want] of item.hvp.entries()) {
      expectClose(products[0]![i]!, want, tolerance, `${id} hvp ${i}`);
    }
  });

  const drops = structure.cases.filter(({ method }) => method === 'dropout');
  test.each(drops.map((item) => [item.id, item] as const))('%s', (id, item) => {
    if (item.variant === 'moments_exact') checkMoments(item, dtype, tolerance);
    else checkDropout(id, item, dtype, tolerance);
  });

  test('the files hold the cases that these tests are about', () => {
    expect(cases.length).toBeGreaterThanOrEqual(expectedCount(16));
    expect(second.length).toBeGreaterThanOrEqual(expectedCount(2));
    expect(drops.length).toBeGreaterThanOrEqual(expectedCount(10));
  });
});

const settingsOf = (item: DropoutCase): DropoutSettings => ({
  p: item.params.p,
  mode: item.variant.startsWith('classic') ? 'classic' : 'inverted',
  ...(item.params.noiseShape === undefined ? {} : { noiseShape: item.params.noiseShape }),
});

function checkDropout(id: string, item: DropoutCase, dtype: DType, tolerance: number): void {
  const { mask } = item.noise;
  const training = item.variant.includes('train');
  const f = (x: Tensor): Tensor =>
    dropout(x, {
      ...settingsOf(item),
      training,
      ...(mask === undefined ? {} : { mask: loadTensor(mask, dtype) }),
    });
  const x = loadTensor(item.inputs.x, dtype);
  expectClose(f(x), item.expected.y!, tolerance, id);
  const g = loadTensor(item.grad_output!, dtype);
  expectClose(grad((y: Tensor) => sum(mul(f(y), g)))(x), item.grads.x!, tolerance, id);
}

/** Mean and variance over all masks of one element, each weighed by its probability. */
function checkMoments(item: DropoutCase, dtype: DType, tolerance: number): void {
  const x = loadTensor(item.inputs.x, dtype);
  const { p } = item.params;
  for (const mode of ['inverted', 'classic'] as const) {
    const all = (value: number): number[] => {
      const mask = tensor(
        item.inputs.x.data.map(() => value),
        { dtype: 'int32' },
      );
      return Array.from(dropout(x, { p, mode, training: true, mask }).data());
    };
    const [dropped, kept] = [all(0), all(1)];
    const mean = kept.map((y, i) => p * dropped[i]! + (1 - p) * y);
    const variance = kept.map(
      (y, i) => p * (dropped[i]! - mean[i]!) ** 2 + (1 - p) * (y - mean[i]!) ** 2,
    );
    const shape = x.shape;
    const as64 = (data: number[]): Tensor => loadTensor({ shape, data }, 'float64');
    expectClose(as64(mean), item.expected[`mean_${mode}`]!, tolerance, `mean ${mode}`);
    expectClose(as64(variance), item.expected[`var_${mode}`]!, tolerance, `variance ${mode}`);
  }
}
