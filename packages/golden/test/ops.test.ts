import { describe, expect, test } from '@jest/globals';
import { astype, type DType, grad, type Tensor, vjp, zerosLike } from '@tikhonov/core';
import {
  expectedCount,
  goldenFile,
  loadTensor,
  mismatch,
  type SecondOrderCase,
  type Stored,
} from '@tikhonov/golden';
import { type Adapter, type Attrs, adapters } from './golden-adapters/adapters.ts';
import { type Formula, formulas, hessianTimes } from './golden-adapters/formulas.ts';

interface Case {
  readonly id: string;
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly Stored[];
  readonly outputs: readonly Stored[];
  readonly grad_outputs: readonly (Stored | null)[];
  readonly grads: readonly (Stored | null)[];
  readonly tol?: number;
  readonly float32?: boolean;
}

const golden = goldenFile<{
  readonly cases: readonly Case[];
  readonly second_order: readonly SecondOrderCase[];
}>('ops.json');

const floats = ['float64', 'float32'] as const;
const tolerances = { float64: 1e-9, float32: 1e-4 } as const;

const listOf = (out: Tensor | readonly Tensor[]): readonly Tensor[] =>
  'payload' in out ? [out as Tensor] : (out as readonly Tensor[]);

/** Values and gradients of a case; `null` if the operation has no such variant here. */
function problemsOf(example: Case, run: Adapter, float: DType, tol: number): string[] | null {
  const inputs = example.inputs.map((input) => loadTensor(input, float));
  const plain = run(inputs, example.attrs);
  if (plain === null) return null;
  const problems: string[] = [];
  for (const [k, y] of listOf(plain).entries()) {
    const wrong = mismatch(y, example.outputs[k]!, tol);
    if (wrong !== null) problems.push(`output ${k}: ${wrong}`);
  }
  const places = example.grads.flatMap((g, i) => (g === null ? [] : [i]));
  if (places.length === 0) return problems;
  const [outputs, pullback] = vjp(
    (...xs: readonly Tensor[]) => {
      const all = [...inputs];
      for (const [k, i] of places.entries()) all[i] = xs[k]!;
      return listOf(run(all, example.attrs)!);
    },
    places.map((i) => inputs[i]!),
  );
  const cotangents = outputs.map((y, k) => {
    const g = example.grad_outputs[k] ?? null;
    return g === null ? zerosLike(y) : astype(loadTensor(g, float), y.dtype);
  });
  const grads: readonly Tensor[] = pullback(cotangents);
  for (const [k, i] of places.entries()) {
    const wrong = mismatch(grads[k]!, example.grads[i]!, tol);
    if (wrong !== null) problems.push(`gradient of input ${i}: ${wrong}`);
  }
  return problems;
}

const known = golden.cases.filter(({ op }) => Object.hasOwn(adapters, op));
const unknown = golden.cases.filter(({ op }) => !Object.hasOwn(adapters, op));
const stated = golden.second_order.filter(({ op }) => Object.hasOwn(formulas, op));
let ran = 0;

describe(`operations against reference values (${unknown.length} of ${golden.cases.length} cases are of operations that other packages own)`, () => {
  describe.each(floats)('in %s', (float) => {
    test.each(known.map((example) => [example.id, example] as const))('%s', (_id, example) => {
      if (float === 'float32' && example.float32 === false) return;
      const tol = example.tol ?? tolerances[float];
      const problems = problemsOf(example, adapters[example.op]!, float, tol);
      if (problems === null) return;
      ran += 1;
      expect(problems).toEqual([]);
    });
  });

  test('no fewer cases ran than the file is known to hold', () => {
    expect(ran).toBeGreaterThanOrEqual(expectedCount(370));
  });
});

describe(`second derivatives against reference values (${golden.second_order.length - stated.length} of ${golden.second_order.length} need other packages)`, () => {
  test.each(stated.map((example) => [example.id, example] as const))('%s', (_id, example) => {
    const f: Formula = formulas[example.op]!;
    const inputs = example.inputs.map((input) => loadTensor(input, 'float64'));
    const v = example.v.map((direction) => loadTensor(direction, 'float64'));
    const value = { shape: [], data: [example.value] };
    const gradients: readonly Tensor[] = grad((xs: readonly Tensor[]) => f(...xs))(inputs);
    const products = hessianTimes(f, inputs, v);
    const problems = [
      mismatch(f(...inputs), value, 1e-9),
      ...gradients.map((g, i) => mismatch(g, example.grads[i]!, 1e-9)),
      ...products.map((h, i) => mismatch(h, example.hvp[i]!, 1e-9)),
    ];
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  test('no fewer formulas ran than the file is known to hold', () => {
    expect(stated.length).toBeGreaterThanOrEqual(expectedCount(38));
  });
});
