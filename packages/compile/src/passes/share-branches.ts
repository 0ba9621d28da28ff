import { type AnyPrimitive, hasEffect, type Region, regionsOf } from '@tikhonov/core/engine';
import type { Constant, Equation, Value } from '../graph/graph.ts';
import { isMap } from '../graph/names.ts';
import { moves } from '../layout/moves.ts';
import { keyOfAttrs } from './attrs-key.ts';
import type { Pass } from './pass.ts';
import { shareConstants } from './share-constants.ts';
import { firstFreeId } from './simplifier.ts';
import { splatView } from './splat.ts';

type Side = 'onTrue' | 'onFalse';
const sides: readonly Side[] = ['onTrue', 'onFalse'];

/** A branch that is being changed: its equation, and both of its regions. */
interface Branch {
  inputs: readonly Value[];
  outputs: readonly Value[];
  readonly regions: Record<Side, Region>;
  readonly equation: Equation;
}

/** What a name of a value stands for: a value of a region of a branch. */
interface Origin {
  readonly branch: Branch;
  readonly value: Value;
}

/**
 * Keeps what a branch computes for later branches with the same predicate that would compute it again. The
 * derivative of a branch is such a one: it calls the function a second time. Kept are results of products,
 * reductions and the like; maps and moves are cheaper to do again than to write and read. Where the other side
 * is taken, zeros are kept instead, which nobody reads. What belongs to a recomputation stays in it.
 */
export const shareBranches: Pass = {
  name: 'share-branches',
  run: (graph) => {
    const groups = new Map<Value, Branch[]>();
    const branches = new Map<Equation, Branch>();
    for (const equation of graph.equations) {
      const { onTrue, onFalse } = regionsOf(equation);
      if (onTrue === undefined || onFalse === undefined) continue;
      const { inputs, outputs } = equation;
      const branch: Branch = { equation, inputs, outputs, regions: { onTrue, onFalse } };
      const predicate = inputs[0]!;
      groups.set(predicate, [...(groups.get(predicate) ?? []), branch]);
      branches.set(equation, branch);
    }
    if (branches.size === groups.size) return graph;
    // Free in the graph and in all of the branches.
    const regions = [...branches.values()].flatMap((one) => Object.values(one.regions));
    let next = Math.max(firstFreeId(graph), ...regions.map((region) => firstFreeId(region)));
    const fresh = ({ shape, dtype }: Value): Value => ({ id: next++, shape, dtype });
    let changed = false;
    for (const group of groups.values()) {
      if (group.length === 1) continue;
      for (const side of sides) changed = shareSide(group, side, fresh) || changed;
    }
    if (!changed) return graph;
    const equations = graph.equations.map((equation) => {
      const branch = branches.get(equation);
      if (branch === undefined) return equation;
      const { inputs, outputs, regions } = branch;
      return { ...equation, inputs, outputs, attrs: { ...(equation.attrs as object), ...regions } };
    });
    return { ...graph, equations };
  },
};

/** Whether something is kept now that was computed twice on this side of the branches. */
function shareSide(group: readonly Branch[], side: Side, fresh: (like: Value) => Value): boolean {
  /** What the equations of the branches before compute, and the names of their results. */
  const made = new Map<string, string>();
  const known = new Map<string, Origin>();
  const kept = new Map<string, Value>();
  const nameConstant = constantNames(group.flatMap(({ regions }) => regions[side].constants));
  const keyOfNext = keyOfAttrs();
  const primitives = new Map<AnyPrimitive, number>();
  let [count, changed] = [0, false];
  for (const branch of group) {
    const region = branch.regions[side];
    const names = new Map<Value, string>();
    for (const [i, value] of region.inputs.entries()) {
      names.set(value, `given ${branch.inputs[i + 1]!.id}`);
    }
    for (const { value } of region.constants) names.set(value, nameConstant(value));
    const again = new Set<Equation>();
    const own = new Map<string, string>();
    for (const equation of region.equations) {
      const { primitive, inputs, attrs, outputs, recomputation } = equation;
      const number = primitives.get(primitive) ?? primitives.size;
      primitives.set(primitive, number);
      // Regions in regions are recorded anew each time, and not looked into.
      const isPlain = Object.keys(regionsOf(equation)).length === 0;
      const operands = inputs.map((value) => names.get(value)!).join();
      const what = `${number}(${operands})${keyOfNext(attrs)} in ${recomputation}`;
      const twin = isPlain ? made.get(what) : undefined;
      const name = twin ?? (isPlain ? own.get(what) : undefined) ?? `made ${count++}`;
      if (twin !== undefined) again.add(equation);
      else if (isPlain) own.set(what, name);
      for (const [k, value] of outputs.entries()) {
        names.set(value, `${name}.${k}`);
        if (!known.has(`${name}.${k}`)) known.set(`${name}.${k}`, { branch, value });
      }
    }
    // Only of branches before: what one computes twice itself is left to another pass.
    for (const [what, name] of own) made.set(what, name);
    if (again.size > 0)
      changed = useKept(branch, side, { again, names, known, kept, fresh }) || changed;
  }
  return changed;
}

interface Sharing {
  /** Equations that a branch before has too. */
  readonly again: ReadonlySet<Equation>;
  /** The same for values that are the same. */
  readonly names: ReadonlyMap<Value, string>;
  readonly known: ReadonlyMap<string, Origin>;
  /** What is kept already, outside of the branches. */
  readonly kept: Map<string, Value>;
  readonly fresh: (like: Value) => Value;
}

/** Takes out of a branch what others keep for it, and what is computed for that alone. */
function useKept(
  branch: Branch,
  side: Side,
  { again, names, known, kept, fresh }: Sharing,
): boolean {
  const region = branch.regions[side];
  const used = new Set(region.results);
  const taken: Value[] = [];
  const equations = region.equations.toReversed().filter((equation) => {
    const { primitive, inputs, outputs } = equation;
    const wanted = outputs.filter((value) => used.has(value));
    const isTwin = again.has(equation);
    // A check need not be made twice.
    if (wanted.length === 0 && (isTwin || !hasEffect(equation))) return false;
    if (isTwin && !isMap(primitive) && !moves.has(primitive.name)) {
      taken.push(...wanted);
      return false;
    }
    for (const value of inputs) used.add(value);
    return true;
  });
  if (taken.length === 0) return false;
  for (const value of taken) {
    const name = names.get(value)!;
    const outside = kept.get(name) ?? keep(known.get(name)!, side, fresh);
    kept.set(name, outside);
    branch.inputs = [...branch.inputs, outside];
  }
  for (const each of sides) {
    const { inputs } = branch.regions[each];
    const added = each === side ? taken : taken.map(fresh);
    branch.regions[each] = { ...branch.regions[each], inputs: [...inputs, ...added] };
  }
  branch.regions[side] = { ...branch.regions[side], equations: equations.toReversed() };
  return true;
}

/** The value outside of the branch that has computed it: one of its results, or one more. */
function keep({ branch, value }: Origin, side: Side, fresh: (like: Value) => Value): Value {
  const held = branch.regions[side].results.indexOf(value);
  if (held >= 0) return branch.outputs[held]!;
  const outside = fresh(value);
  branch.outputs = [...branch.outputs, outside];
  for (const each of sides) {
    const region = branch.regions[each];
    if (each === side) {
      branch.regions[each] = { ...region, results: [...region.results, value] };
      continue;
    }
    const zeros: Constant = { value: fresh(value), view: splatView(0, value) };
    branch.regions[each] = {
      ...region,
      constants: [...region.constants, zeros],
      results: [...region.results, zeros.value],
    };
  }
  return outside;
}

/** Names of constants, the same for the same elements. */
function constantNames(constants: readonly Constant[]): (value: Value) => string {
  const { replaced } = shareConstants(constants);
  const numbers = new Map<Value, number>();
  return (value) => {
    const one = replaced.get(value) ?? value;
    const number = numbers.get(one) ?? numbers.size;
    numbers.set(one, number);
    return `constant ${number}`;
  };
}
