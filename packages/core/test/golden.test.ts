import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { astype, type DType, grad, type Tensor, tensor, vjp, zerosLike } from '@tikhonov/core';
import { type Adapter, type Attrs, adapters } from './golden/adapters.ts';
import { type Formula, formulas, hessianTimes } from './golden/formulas.ts';

interface Array {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: DType;
}

interface Case {
  readonly id: string;
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly Array[];
  readonly outputs: readonly Array[];
  readonly grad_outputs: readonly (Array | null)[];
  readonly grads: readonly (Array | null)[];
  readonly tol?: number;
  readonly float32?: boolean;
}

interface SecondOrderCase {
  readonly id: string;
  readonly op: string;
  readonly inputs: readonly Array[];
  readonly value: number;
  readonly grads: readonly Array[];
  readonly v: readonly Array[];
  readonly hvp: readonly Array[];
}

const folder = process.env.TIKHONOV_GOLDEN ?? join(import.meta.dirname, 'golden');
const golden: { cases: readonly Case[]; second_order: readonly SecondOrderCase[] } = JSON.parse(
  readFileSync(join(folder, 'ops.json'), 'utf8'),
);

const floats = ['float64', 'float32'] as const;
const tolerances = { float64: 1e-9, float32: 1e-4 } as const;

const read = ({ shape, data, dtype }: Array, float: DType): Tensor =>
  tensor(data, { shape, dtype: dtype ?? float });

/** The rule of the file: `|got - want| <= tol (1 + |want|)`. Returns what is wrong, if anything. */
function mismatch(got: Tensor, want: Array, tol: number): string | null {
  if (String(got.shape) !== String(want.shape)) {
    return `shape [${got.shape.join(', ')}] instead of [${want.shape.join(', ')}]`;
  }
  if (want.dtype !== undefined && got.dtype !== want.dtype) return `dtype ${got.dtype}`;
  const values = got.data();
  for (const [i, w] of want.data.entries()) {
    const error = values[i] === w ? 0 : Math.abs(values[i]! - w);
    if (!(error <= tol * (1 + Math.abs(w)))) return `element ${i}: ${values[i]} instead of ${w}`;
  }
  return null;
}

const listOf = (out: Tensor | readonly Tensor[]): readonly Tensor[] =>
  'payload' in out ? [out as Tensor] : (out as readonly Tensor[]);

/** Values and gradients of a case; `null` if the operation has no such variant here. */
function problemsOf(example: Case, run: Adapter, float: DType, tol: number): string[] | null {
  const inputs = example.inputs.map((input) => read(input, float));
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
    return g === null ? zerosLike(y) : astype(read(g, float), y.dtype);
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

  test('at least 370 cases ran', () => {
    expect(ran).toBeGreaterThanOrEqual(370);
  });
});

describe(`second derivatives against reference values (${golden.second_order.length - stated.length} of ${golden.second_order.length} need other packages)`, () => {
  test.each(stated.map((example) => [example.id, example] as const))('%s', (_id, example) => {
    const f: Formula = formulas[example.op]!;
    const inputs = example.inputs.map((input) => read(input, 'float64'));
    const v = example.v.map((direction) => read(direction, 'float64'));
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

  test('at least 38 formulas ran', () => {
    expect(stated.length).toBeGreaterThanOrEqual(38);
  });
});
