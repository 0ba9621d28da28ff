import type { Equation, Value } from '../graph/graph.ts';
import { isNamed } from '../graph/names.ts';
import { dense, sizeOf } from '../layout/layout.ts';
import { reductionOf } from '../lower/reductions.ts';
import { identityOf } from '../lower/special.ts';
import type { Place, Places } from './places.ts';

/** Rows of a kernel in columns up to which it may run through them several times. */
const longestColumn = 256;

/** An equation of a group, and which axis of the group's domain each axis of what it walks over is. */
export interface Member {
  readonly equation: Equation;
  readonly operands: readonly Place[];
  /** Per axis of the operands; -1 for axes of size 1. */
  readonly axes: readonly number[];
  /** Per axis of the result; `null` for a copy, whose result has another shape. */
  readonly result: readonly number[] | null;
  /** Where the copy's result is written to, as seen by the operands' axes. */
  readonly order: number;
}

/** Equations that become one loop nest. */
export interface Group {
  /** Sizes of the domain's axes, none of them 1. */
  readonly axes: readonly number[];
  /** Per axis whether reductions run over it; `null` without reductions. */
  readonly reduced: readonly boolean[] | null;
  readonly members: readonly Member[];
}

/** Whether an equation only moves elements, into storage of their own. */
export const isCopy = (equation: Equation, places: Places): boolean =>
  equation.primitive === identityOf || places.copies.has(equation);

/** The group of one equation: a map, a reduction, or a move that needs a copy. */
export function groupOf(equation: Equation, order: number, places: Places): Group {
  const operands = equation.inputs.map((value) => places.of(value));
  const shape = operands[0]!.layout.shape;
  let found = 0;
  const axes = shape.map((n) => (n === 1 ? -1 : found++));
  const sizes = shape.filter((n) => n !== 1);
  const reduction = reductionOf(equation);
  if (reduction !== null) {
    const over = new Set(reduction.axes);
    const reduced = shape.flatMap((n, k) => (n === 1 ? [] : [over.has(k)]));
    const result = axes.map((axis, k) => (over.has(k) ? -1 : axis));
    return { axes: sizes, reduced, members: [{ equation, operands, axes, result, order }] };
  }
  const result = isCopy(equation, places) ? null : axes;
  return { axes: sizes, reduced: null, members: [{ equation, operands, axes, result, order }] };
}

/** One group that computes what both do, or `null`: `second` may use results of `first`, not vice versa. */
export function merged(first: Group, second: Group): Group | null {
  if (first.members.length + second.members.length > 64) return null;
  const onto = axesOnto(first, second);
  if (onto === null) return null;
  const smaller = second.axes.length < first.axes.length;
  const image = first.axes.map((_, k) => onto.includes(k));
  if (smaller) {
    const { reduced } = first;
    if (reduced === null || second.reduced !== null) return null;
    if (image.some((taken, k) => taken === reduced[k])) return null;
  }
  const moved = second.reduced === null ? null : first.axes.map(() => false);
  if (moved !== null) for (const [k, axis] of onto.entries()) moved[axis] = second.reduced![k]!;
  if (first.reduced !== null && moved !== null) {
    if (moved.some((over, k) => over !== first.reduced![k])) return null;
  }
  const map = (axis: number): number => (axis < 0 ? -1 : onto[axis]!);
  const members = [
    ...first.members,
    ...second.members.map((member) => ({
      ...member,
      axes: member.axes.map(map),
      result: member.result?.map(map) ?? null,
    })),
  ].sort((a, b) => a.order - b.order);
  const group = { axes: first.axes, reduced: first.reduced ?? moved, members };
  return isOneKind(group) && keepsColumns(group) ? group : null;
}

/** Whether the innermost axis is kept, so that vectors run along it. */
export const runsInColumns = ({ reduced }: Group): boolean =>
  reduced !== null && reduced.at(-1) === false;

/** For each axis of the second group's domain the one of the first's that it is. */
function axesOnto(first: Group, second: Group): number[] | null {
  const onto = second.axes.map(() => -1);
  const results = new Map<Value, Member>();
  for (const member of first.members) {
    for (const value of member.equation.outputs) results.set(value, member);
  }
  for (const { operands, axes } of second.members) {
    for (const { root, layout } of operands) {
      const maker = results.get(root);
      if (maker === undefined) continue;
      if (maker.result === null || layout.offset !== 0) return null;
      const own = dense(root.shape).strides;
      let matched = 0;
      for (const [k, n] of layout.shape.entries()) {
        if (n === 1 || layout.strides[k] === 0) continue;
        const at = root.shape.findIndex((m, j) => m === n && own[j] === layout.strides[k]);
        if (at < 0) return null;
        matched += 1;
        const [mine, theirs] = [axes[k]!, maker.result[at]!];
        if (onto[mine] !== -1 && onto[mine] !== theirs) return null;
        onto[mine] = theirs;
      }
      if (matched !== root.shape.filter((n) => n !== 1).length) return null;
    }
  }
  const taken = new Set(onto.filter((axis) => axis >= 0));
  if (taken.size !== onto.filter((axis) => axis >= 0).length) return null;
  for (const [k, axis] of onto.entries()) {
    if (axis >= 0) {
      if (first.axes[axis] !== second.axes[k]) return null;
      continue;
    }
    const free = first.axes.findIndex((n, j) => n === second.axes[k] && !taken.has(j));
    if (free < 0) return null;
    onto[k] = free;
    taken.add(free);
  }
  return onto;
}

/**
 * Whether lanes are of one width: float64 and 32-bit values only share loops of a few turns, or where
 * the latter are only read, to become float64.
 */
function isOneKind({ axes, members, reduced }: Group): boolean {
  let [doubles, others] = [false, false];
  for (const { equation } of members) {
    const isWidened =
      isNamed(equation.primitive, 'astype') && equation.outputs[0]!.dtype === 'float64';
    for (const { dtype } of [...(isWidened ? [] : equation.inputs), ...equation.outputs]) {
      if (dtype === 'float64') doubles = true;
      else if (dtype !== 'bool') others = true;
    }
  }
  if (!doubles || !others) return true;
  const wraps = members.some(
    ({ equation }) =>
      reductionOf(equation) !== null &&
      (equation.outputs[0]!.dtype === 'int32' || equation.outputs[0]!.dtype === 'uint32'),
  );
  return sizeOf(axes) <= 4 && !(reduced !== null && wraps);
}

/**
 * Whether vectors along kept axes run through the reduced ones once; a second time for what waits for a
 * reduction only if the cache still has them.
 */
function keepsColumns(group: Group): boolean {
  const { axes, reduced, members } = group;
  if (reduced === null || !runsInColumns(group)) return true;
  if (sizeOf(axes.filter((_, k) => reduced[k])) <= longestColumn) return true;
  const late = new Set<Value>();
  for (const { equation, operands, axes: own } of members) {
    const isReduction = reductionOf(equation) !== null;
    const waits = operands.some(({ root }) => late.has(root));
    const everywhere = own.some((axis) => axis >= 0 && reduced[axis]);
    if (waits && everywhere) return false;
    if (isReduction || waits) for (const value of equation.outputs) late.add(value);
  }
  return true;
}
