import { astype, type DType, grad, hvp, type Tensor, vjp, zerosLike } from '@tikhonov/core';
import {
  goldenFile,
  loadTensor,
  mismatch,
  type SecondOrderCase,
  type Stored,
} from '../golden-file.ts';
import type { Outcome } from '../outcome.ts';
import type { Through } from '../through.ts';
import type { Adapter, Attrs } from './adapter.ts';
import { arrays } from './arrays.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { type Formula, formulas } from './formulas.ts';
import { layers } from './layers.ts';
import { linalg } from './linalg.ts';

/** A case of `ops.json`. */
interface OpsCase {
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

interface OpsFile {
  readonly cases: readonly OpsCase[];
  readonly second_order: readonly (SecondOrderCase & {
    readonly tol?: number;
    readonly float32?: boolean;
  })[];
}

const adapters: Readonly<Record<string, Adapter>> = {
  ...elementwise,
  ...arrays,
  ...convolution,
  ...layers,
  ...linalg,
};

const listOf = (out: Tensor | readonly Tensor[]): readonly Tensor[] =>
  'payload' in out ? [out as Tensor] : (out as readonly Tensor[]);

/** How cases are run and compared. */
interface Manner {
  readonly float: DType;
  readonly tol: number;
  readonly through: Through;
}

/** Values and gradients of a case: what is wrong with them. */
function problemsOf(example: OpsCase, run: Adapter, { float, tol, through }: Manner): string[] {
  const inputs = example.inputs.map((input) => loadTensor(input, float));
  const problems: string[] = [];
  const plain = through((...xs) => listOf(run(xs, example.attrs)))(...inputs);
  if (plain.length !== example.outputs.length) {
    return [`${plain.length} outputs instead of ${example.outputs.length}`];
  }
  for (const [k, y] of plain.entries()) {
    const wrong = mismatch(y, example.outputs[k]!, tol);
    if (wrong !== null) problems.push(`output ${k}: ${wrong}`);
  }
  const places = example.grads.flatMap((g, i) => (g === null ? [] : [i]));
  if (places.length === 0) return problems;
  const cotangents = plain.map((y, k) => {
    const g = example.grad_outputs[k] ?? null;
    return g === null ? zerosLike(y) : astype(loadTensor(g, float), y.dtype);
  });
  const gradients = through((...all) => {
    const own = all.slice(0, inputs.length);
    const [, pullback] = vjp(
      (...xs: readonly Tensor[]) => {
        const moved = [...own];
        for (const [k, i] of places.entries()) moved[i] = xs[k]!;
        return listOf(run(moved, example.attrs));
      },
      places.map((i) => own[i]!),
    );
    return pullback(all.slice(inputs.length));
  });
  const grads: readonly Tensor[] = gradients(...inputs, ...cotangents);
  for (const [k, i] of places.entries()) {
    const wrong = mismatch(grads[k]!, example.grads[i]!, tol);
    if (wrong !== null) problems.push(`gradient of input ${i}: ${wrong}`);
  }
  return problems;
}

/** Value, gradients and Hessian-vector products of a case: what is wrong with them. */
function secondOrderProblems(
  example: SecondOrderCase,
  f: Formula,
  { float, tol, through }: Manner,
): string[] {
  const inputs = example.inputs.map((input) => loadTensor(input, float));
  const v = example.v.map((direction) => loadTensor(direction, float));
  const value = { shape: [], data: [example.value] };
  const [own] = through((...xs) => [f(...xs)])(...inputs);
  const gradients = through((...all) => grad((xs: readonly Tensor[]) => f(...xs))(all))(...inputs);
  const n = inputs.length;
  const products = through((...all) => hvp(f, all.slice(0, n), all.slice(n)))(...inputs, ...v);
  return [
    ['value', mismatch(own!, value, tol)],
    ...gradients.map((g, i) => [`gradient ${i}`, mismatch(g, example.grads[i]!, tol)]),
    ...products.map((h, i) => [`Hessian product ${i}`, mismatch(h, example.hvp[i]!, tol)]),
  ].flatMap(([what, wrong]) => (wrong === null ? [] : [`${what}: ${wrong}`]));
}

function outcomeOf<Run>(
  example: { readonly id: string; readonly op: string },
  run: Run | undefined,
  problems: (run: Run) => string[],
): Outcome {
  const { id, op } = example;
  if (run === undefined) return { id, op, status: 'unsupported', problems: ['no such operation'] };
  try {
    const found = problems(run);
    return { id, op, status: found.length === 0 ? 'passed' : 'mismatch', problems: found };
  } catch (error) {
    return { id, op, status: 'mismatch', problems: [String(error)] };
  }
}

/**
 * Runs the cases of `ops.json`: values, gradients, and second derivatives.
 *
 * @param only  keeps the cases whose operation or id contains it
 * @param through  what every function of tensors is called through
 */
export function runOps(
  float: DType,
  tolerance: number,
  only = '',
  through: Through = (f) => f,
): Outcome[] {
  const file = goldenFile<OpsFile>('ops.json');
  const wanted = ({ id, op }: { id: string; op: string }): boolean => `${op} ${id}`.includes(only);
  const holds = ({ float32 }: { readonly float32?: boolean }): boolean =>
    float === 'float64' || float32 !== false;
  const first = file.cases.filter(wanted).filter(holds);
  const second = file.second_order.filter(wanted).filter(holds);
  return [
    ...first.map((example) =>
      outcomeOf(example, own(adapters, example.op), (run) =>
        problemsOf(example, run, { float, tol: example.tol ?? tolerance, through }),
      ),
    ),
    ...second.map((example) =>
      outcomeOf(example, own(formulas, example.op), (f) =>
        secondOrderProblems(example, f, { float, tol: example.tol ?? tolerance, through }),
      ),
    ),
  ];
}

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
