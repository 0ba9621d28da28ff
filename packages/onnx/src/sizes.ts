import type { OnnxSlice } from './scope.ts';
import type { Trials } from './values.ts';

/** What shapes broadcast to, aligned at the last axis; the first one's where they do not. */
function broadcast(shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const joint = Array.from({ length: rank }, (_, k) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + k] ?? 1);
    const size = sizes.find((n) => n !== 1) ?? 1;
    return sizes.every((n) => n === 1 || n === size) ? size : null;
  });
  const fits = joint.every((size) => size !== null);
  return fits ? joint : (shapes[0] ?? []);
}

/** What inputs broadcast to in both trials. */
export const broadcastTrials = (all: readonly Trials[]): Trials => [
  broadcast(all.map(([first]) => first)),
  broadcast(all.map(([, second]) => second)),
];

/**
 * The operand of `Reshape`: sizes, 0 for an axis that stays as it is, and one -1; `undefined` if more than
 * one axis varies otherwise.
 */
export function reshapeTarget(from: Trials, to: Trials): number[] | undefined {
  const target = to[0].map((size, axis) => {
    if (size === to[1][axis]) return size;
    return size === from[0][axis] && to[1][axis] === from[1][axis] ? 0 : -1;
  });
  if (to[0].length !== to[1].length) return undefined;
  return target.filter((size) => size === -1).length > 1 ? undefined : target;
}

/**
 * The operand of `Expand`, in which 1 keeps what the value has. An axis along which it varies is the index
 * of the input's axis of that size; `undefined` if there is none.
 */
export function expandTarget(
  from: Trials,
  to: Trials,
  input: Trials,
): readonly (number | { readonly axis: number })[] | undefined {
  const lead = to[0].length - from[0].length;
  const target = to[0].map((size, k) => {
    const other = to[1][k];
    if (size === other) return size;
    if (size === from[0][k - lead] && other === from[1][k - lead]) return 1;
    return { axis: input[0].findIndex((n, axis) => n === size && input[1][axis] === other) };
  });
  return target.some((size) => typeof size === 'object' && size.axis < 0) ? undefined : target;
}

/**
 * The axes that vary whose sizes multiply to a number, up to a factor, in both trials; `undefined` if there
 * are none, such as for what is padded to a multiple of something.
 */
export function countOf(
  [a, b]: Trials,
  first: number,
  second: number,
): { readonly axes: readonly number[]; readonly factor: number } | undefined {
  const open = a.map((_, axis) => axis).filter((axis) => a[axis] !== b[axis]);
  let subsets: readonly (readonly number[])[] = [[]];
  for (const axis of open) subsets = [...subsets, ...subsets.map((axes) => [...axes, axis])];
  const product = (sizes: readonly number[], axes: readonly number[]): number =>
    axes.reduce((total, axis) => total * sizes[axis]!, 1);
  const axes = subsets.find((list) => first / product(a, list) === second / product(b, list));
  return axes === undefined ? undefined : { axes, factor: first / product(a, axes) };
}

/** Where int64 ends in JavaScript's exact integers: an end beyond any axis. */
const beyond = Number.MAX_SAFE_INTEGER;

/** The operands of `Slice`: starts, ends, axes and steps of the axes that are cut. */
export function sliceInputs(
  from: Trials,
  [first, second]: readonly [OnnxSlice, OnnxSlice],
): readonly (readonly number[])[] | undefined {
  const rows: [number, number, number, number][] = [];
  for (const [axis, size] of from[0].entries()) {
    const start = first.starts[axis]!;
    const stop = first.stops[axis]!;
    const step = first.steps[axis]!;
    const toEnd = stop === size && second.stops[axis] === from[1][axis];
    if (start !== second.starts[axis] || (stop !== second.stops[axis] && !toEnd)) return undefined;
    if (start === 0 && toEnd && step === 1) continue;
    rows.push([start, toEnd ? beyond : stop, axis, step]);
  }
  return [0, 1, 2, 3].map((column) => rows.map((row) => row[column]!));
}
