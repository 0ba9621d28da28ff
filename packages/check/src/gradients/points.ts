import {
  Cell,
  type Differentiable,
  DTypeError,
  isFloating,
  type Tensor,
  type Tree,
  type TreeParts,
  tensor,
} from '@tikhonov/core';
import { flattenTree } from '@tikhonov/core/engine';

/** A function of a list of float64 tensors or cells, with names for what goes in and out. */
export interface PointFunction {
  /** Where it is differentiated. */
  readonly inputs: readonly (Tensor | Cell)[];
  readonly inputNames: readonly string[];
  /** Called with tensors in place of the tensors; cells are passed as they are. */
  readonly call: (inputs: readonly (Tensor | Cell)[]) => readonly Tensor[];
  readonly outputNames: (outputs: number) => readonly string[];
}

/** What is checked at which point: one entry per argument, or one record that is the only argument. */
export type CheckedArgs = readonly unknown[] | object;

/** What a list of arguments must be: trees of tensors and cells, interfaces included. */
export type ArgumentList<Args> = readonly Differentiable[] | (readonly unknown[] & TreeParts<Args>);

/** What a record that is the only argument must be; a list is one argument per entry. */
export type ArgumentRecord<Named> =
  | { readonly [name: string]: Differentiable }
  | (TreeParts<Named> & { readonly [Symbol.iterator]?: never });

/** What a checked function may return. */
export type Checkable<Out> = Tree<Tensor> | TreeParts<Out, Tensor>;

/** Separates what is differentiated from integer and bool arguments, which stay. */
export function pointFunction(
  name: string,
  f: (...args: readonly never[]) => unknown,
  args: CheckedArgs,
): PointFunction {
  requireCheckable(name, f, args);
  const listed = Array.isArray(args);
  const nameOf = listed ? nameOfArgument : (path: string): string => path;
  const tree = flattenTree(args, name);
  const places: number[] = [];
  for (const [i, leaf] of tree.leaves.entries()) {
    if (!isFloating(leaf.dtype)) continue;
    if (leaf.dtype !== 'float64') {
      throw new DTypeError(
        `${name}: ${nameOf(tree.paths[i]!)} is ${leaf.dtype}; finite differences need float64.\n` +
          "  Make it with { dtype: 'float64' } or cast it with astype('float64').",
      );
    }
    places.push(i);
  }
  let outputPaths: readonly string[] = [];
  return {
    inputs: places.map((i) => tree.leaves[i]!),
    inputNames: places.map((i) => nameOf(tree.paths[i]!)),
    call: (inputs) => {
      const leaves = [...tree.leaves];
      for (const [k, i] of places.entries()) leaves[i] = inputs[k]!;
      const given = tree.rebuild<never>(leaves);
      const out = listed ? f(...(given as readonly never[])) : f(given);
      const flat = flattenTree<Tensor>(out, name);
      const kept = flat.leaves.map((_, i) => i).filter((i) => isFloating(flat.leaves[i]!.dtype));
      for (const i of kept) requireDouble(name, flat.leaves[i]!);
      outputPaths = kept.map((i) => flat.paths[i]!);
      return kept.map((i) => flat.leaves[i]!);
    },
    outputNames: () => outputPaths.map((path) => (path === '' ? 'value' : `value.${path}`)),
  };
}

function requireCheckable(name: string, f: unknown, args: unknown): void {
  if (typeof f !== 'function') {
    throw new TypeError(`${name}: needs a function of tensors, got ${typeof f}.`);
  }
  const isPlain =
    typeof args === 'object' && args !== null && Object.getPrototypeOf(args) === Object.prototype;
  if (!Array.isArray(args) && !isPlain) {
    throw new TypeError(
      `${name}: args must be an array of arguments or a record of tensors and cells, got ${describe(args)}.\n` +
        '  Write [x] for one argument, or model.namedParameters() for the parameters of a model.',
    );
  }
}

const describe = (value: unknown): string =>
  typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : String(value);

function requireDouble(name: string, output: Tensor): void {
  if (output.dtype !== 'float64') {
    throw new DTypeError(
      `${name}: the function returned ${output.dtype}; finite differences need float64 throughout.`,
    );
  }
}

function nameOfArgument(path: string): string {
  const [first, ...rest] = path.split('.');
  return [`args[${first}]`, ...rest].join('.');
}

/** The values of the inputs. */
export const valuesOf = (inputs: readonly (Tensor | Cell)[]): Tensor[] =>
  inputs.map((input) => (input instanceof Cell ? input.read() : input).detach());

/** Calls the function at other values; cells hold them during the call and get their own back. */
export function callAt(point: PointFunction, at: readonly Tensor[]): readonly Tensor[] {
  const cells: [Cell, Tensor][] = [];
  try {
    const inputs = point.inputs.map((input, i) => {
      if (!(input instanceof Cell)) return at[i]!;
      cells.push([input, input.read().detach()]);
      input.write(at[i]!);
      return input;
    });
    return point.call(inputs);
  } finally {
    for (const [cell, before] of cells) cell.write(before);
  }
}

/** A float64 tensor of the shape of `x`. */
export const like = (x: Tensor, data: Float64Array): Tensor => tensor(data, { shape: x.shape });

/** The elements as doubles. */
export const doubles = (x: Tensor): Float64Array => Float64Array.from(x.data());

/** The unit vector along element `i` of the shape of `x`. */
export function unit(x: Tensor, i: number): Tensor {
  const data = new Float64Array(x.size);
  data[i] = 1;
  return like(x, data);
}
