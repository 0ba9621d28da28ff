import type { Equation, Region, Value } from '../graph/graph.ts';
import { dense, isDense, type Layout, sizeOf } from '../layout/layout.ts';
import { moves } from '../layout/moves.ts';

/** Where a value's elements are: in the storage of a value that has one, under a layout. */
export interface Place {
  readonly root: Value;
  readonly layout: Layout;
}

/** The places of all values of a graph, and the moves that need a copy after all. */
export interface Places {
  readonly of: (value: Value) => Place;
  readonly copies: ReadonlySet<Equation>;
  /** What every element of a constant is, if they are all the same. */
  readonly splat: (root: Value) => number | undefined;
}

/** Follows moves back to the values whose storage they show. */
export function placesOf(graph: Region): Places {
  const known = new Map<Value, Place>();
  const copies = new Set<Equation>();
  const splats = new Map<Value, number>();
  for (const { value, view } of graph.constants) {
    const isSplat = view.stride.every((stride, k) => stride === 0 || view.shape[k] === 1);
    if (isSplat && !view.shape.includes(0)) splats.set(value, view.data[view.offset]!);
  }
  const of = (value: Value): Place => {
    const place = known.get(value);
    if (place !== undefined) return place;
    // A constant that is the same everywhere is kept once.
    const { strides, ...rest } = dense(value.shape);
    const own = splats.has(value) ? strides.map(() => 0) : strides;
    const made = { root: value, layout: { ...rest, strides: own } };
    known.set(value, made);
    return made;
  };
  for (const equation of graph.equations) {
    const rule = moves.get(equation.primitive.name);
    if (rule === undefined) continue;
    const { root, layout } = of(equation.inputs[0]!);
    const moved = rule(layout, equation.attrs);
    if (moved === null) copies.add(equation);
    else known.set(equation.outputs[0]!, { root, layout: moved });
  }
  return { of, copies, splat: (root) => splats.get(root) };
}

/** Whether a place is all of its root's storage in order. */
export const isWhole = ({ root, layout }: Place): boolean =>
  layout.offset === 0 && isDense(layout) && sizeOf(layout.shape) === sizeOf(root.shape);
