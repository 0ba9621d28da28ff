import {
  Cell,
  type Differentiable,
  DTypeError,
  flattenTree,
  isFloating,
  type Tensor,
  type Tree,
  tensor,
} from '@tikhonov/core';

/** A function of a list of float64 tensors or cells, with names for what goes in and out. */
export interface PointFunction {
  /** Where it is differentiated. */
  readonly inputs: readonly (Tensor | Cell)[];
  readonly inputNames: readonly string[];
  /** Called with tensors in place of the tensors; cells are passed as they are. */
  readonly call: (inputs: readonly (Tensor | Cell)[]) => readonly Tensor[];
  readonly outputNames: (outputs: number) => readonly string[];
}

/** Separates what is differentiated from integer and bool arguments, which stay. */
export function pointFunction<Args extends readonly Differentiable[]>(
  f: (...args: Args) => Tree<Tensor>,
  args: readonly [...Args],
): PointFunction {
  const tree = flattenTree(args, 'checkGrads');
  const places: number[] = [];
  for (const [i, leaf] of tree.leaves.entries()) {
    if (!isFloating(leaf.dtype)) continue;
    if (leaf.dtype !== 'float64') {
      throw new DTypeError(
        `checkGrads: ${nameOf(tree.paths[i]!)} is ${leaf.dtype}; finite differences need float64.\n` +
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
      const flat = flattenTree<Tensor>(f(...tree.rebuild<Args>(leaves)), 'checkGrads');
      const kept = flat.leaves.map((_, i) => i).filter((i) => isFloating(flat.leaves[i]!.dtype));
      for (const i of kept) requireDouble(flat.leaves[i]!);
      outputPaths = kept.map((i) => flat.paths[i]!);
      return kept.map((i) => flat.leaves[i]!);
    },
    outputNames: () => outputPaths.map((path) => (path === '' ? 'value' : `value.${path}`)),
  };
}

function requireDouble(output: Tensor): void {
  if (output.dtype !== 'float64') {
    throw new DTypeError(
      `checkGrads: the function returned ${output.dtype}; finite differences need float64 throughout.`,
    );
  }
}

function nameOf(path: string): string {
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
