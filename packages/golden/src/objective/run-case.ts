import { type DType, onesLike, type Tensor, type Tree, vjp } from '@tikhonov/core';
import { type Flat, flattenTree } from '@tikhonov/core/engine';
import type { Through } from '../through.ts';
import type { MethodAdapter, Results, TensorAdapter } from './adapter.ts';
import { Arguments } from './arguments.ts';
import { type Loaded, load, type MethodCase } from './case.ts';
import { differences } from './compare.ts';

/** How cases are run and compared. */
export interface Manner {
  readonly float: DType;
  readonly tol: number;
  readonly through: Through;
}

/** What a case showed: what is wrong, and which of its values nothing computes. */
export interface Findings {
  readonly problems: readonly string[];
  readonly missing: readonly string[];
}

type Trees = Loaded['tensors'];

/** Values and gradients of a case against those that the file expects. */
export function runCase(example: MethodCase, adapter: MethodAdapter, manner: Manner): Findings {
  const [inputs, noise] = [load(example.inputs, manner.float), load(example.noise, manner.float)];
  const argumentsOf = (own: Trees, drawn: Trees): Arguments =>
    new Arguments(example, manner.float, [
      { ...inputs, tensors: own },
      { ...noise, tensors: drawn },
    ]);
  if (typeof adapter !== 'function') {
    const args = argumentsOf(inputs.tensors, noise.tensors);
    return compareValues(example, adapter.plain(args), manner.tol);
  }
  const method: TracedMethod = (own, drawn) => adapter(argumentsOf(own, drawn));
  const given = { inputs: inputs.tensors, noise: noise.tensors };
  const got = throughTensors(manner.through, given, (all) => method(all.inputs, all.noise));
  const { problems, missing } = compareValues(example, got, manner.tol);
  if (problems.length > 0 || missing.length > 0) return { problems, missing };
  return { problems: gradientProblems(example, method, given, manner), missing };
}

type TracedMethod = (inputs: Trees, noise: Trees) => ReturnType<TensorAdapter>;

/** Calls a function of trees through one of tensors. */
function throughTensors<In extends Tree<Tensor>, Out extends Tree<Tensor>>(
  through: Through,
  given: In,
  f: (given: In) => Out,
): Out {
  const { leaves, rebuild } = flattenTree<Tensor>(given);
  let out: Flat<Tensor> | undefined;
  const values = through((...xs) => {
    out = flattenTree<Tensor>(f(rebuild(xs)));
    return out.leaves;
  })(...leaves);
  return out!.rebuild(values);
}

function compareValues(
  { expected }: MethodCase,
  got: Readonly<Record<string, unknown>>,
  tol: number,
): Findings {
  const names = Object.keys(expected);
  const computed = (name: string): boolean => Object.hasOwn(got, name);
  return {
    problems: names
      .filter(computed)
      .flatMap((name) => differences(name, got[name], expected[name]!, tol)),
    missing: names.filter((name) => !computed(name)),
  };
}

/** `grads[name] = d sum(expected[grad_of] * grad_output) / d input`. */
function gradientProblems(
  { grads = {}, grad_of: named, grad_output: weight = null, inputs }: MethodCase,
  method: TracedMethod,
  given: { readonly inputs: Trees; readonly noise: Trees },
  { float, tol, through }: Manner,
): string[] {
  // An empty list of inputs has an empty list of gradients.
  const names = Object.keys(grads).filter((name) => !isEmptyList(grads[name]));
  if (names.length === 0) return [];
  const unknown = names.filter((name) => !Object.hasOwn(given.inputs, name));
  if (unknown.length > 0) {
    return [`gradients of ${unknown}, which are no tensors among ${Object.keys(inputs)}`];
  }
  const of = named ?? (weight === null ? 'loss' : 'y');
  const cotangent = load(
    { weight: typeof weight === 'number' ? { shape: [], data: [weight] } : weight },
    float,
  ).tensors;
  const gradients = throughTensors(through, { ...given, cotangent }, (all) => {
    const wanted = Object.fromEntries(names.map((name) => [name, all.inputs[name]!]));
    const [y, pullback] = vjp(
      (x: Trees): Tree<Tensor> => result(method({ ...all.inputs, ...x }, all.noise), of),
      [wanted],
    );
    const [gradient] = pullback(all.cotangent.weight ?? ones(y));
    return gradient as Trees;
  });
  return names.flatMap((name) =>
    differences(`gradient of ${name}`, gradients[name], grads[name]!, tol),
  );
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function result(results: Results, name: string): Tree<Tensor> {
  if (Object.hasOwn(results, name)) return results[name]!;
  throw new TypeError(`nothing computes ${name}, of which the gradients are`);
}

function ones(tree: Tree<Tensor>): Tree<Tensor> {
  const { leaves, rebuild } = flattenTree<Tensor>(tree);
  return rebuild(leaves.map((y) => onesLike(y)));
}
