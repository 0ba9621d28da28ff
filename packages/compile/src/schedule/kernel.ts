import type { Equation, Value } from '../graph/graph.ts';
import { isNamed } from '../graph/names.ts';
import {
  type FusedSpec,
  levelsOf,
  type Node,
  type Target,
  type Walk,
} from '../kernels/fused/index.ts';
import { dense } from '../layout/layout.ts';
import type { Lowerings } from '../lower/lowerings.ts';
import { reductionOf } from '../lower/reductions.ts';
import { choiceOf } from './choice.ts';
import { type Group, type Member, runsInColumns } from './group.ts';
import type { Place, Places } from './places.ts';

/** A fused kernel with the values that its operands are. */
export interface FusedKernel {
  readonly spec: FusedSpec;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * The kernel of a group.
 *
 * @param needed  whether a value is used outside of the group
 */
export function kernelOf(
  group: Group,
  places: Places,
  lowerings: Lowerings,
  needed: (value: Value) => boolean,
): FusedKernel {
  return new Builder(group, places, lowerings).build(needed);
}

class Builder {
  readonly #group: Group;
  readonly #places: Places;
  readonly #lowerings: Lowerings;
  readonly #nodes: Node[] = [];
  readonly #made = new Map<Value, number>();
  readonly #walks = new Map<string, number>();
  readonly #inputs: { readonly walk: Walk; readonly root: Value }[] = [];
  readonly #results = new Map<Value, Member>();
  /** Absolute values. */
  readonly #sizes = new Set<number>();
  /** The sides of comparisons `a < b` of floating numbers. */
  readonly #less = new Map<number, readonly [number, number]>();

  constructor(group: Group, places: Places, lowerings: Lowerings) {
    this.#group = group;
    this.#places = places;
    this.#lowerings = lowerings;
  }

  build(needed: (value: Value) => boolean): FusedKernel {
    const { axes, reduced, members } = this.#group;
    for (const member of members) this.#add(member);
    const stored = [...this.#results.keys()].filter(needed);
    const doubles = members.some(({ equation }) =>
      [...equation.inputs, ...equation.outputs].some(({ dtype }) => dtype === 'float64'),
    );
    const specOf = (values: readonly Value[]): FusedSpec => ({
      axes,
      reduced: reduced ?? axes.map(() => false),
      width: doubles ? 2 : 4,
      inputs: this.#inputs.map(({ walk }) => walk),
      outputs: values.map((value) => this.#target(value)),
      nodes: this.#nodes,
      columns: runsInColumns(this.#group),
    });
    const outputs = this.#withSpills(stored, specOf(stored));
    return { spec: specOf(outputs), inputs: this.#inputs.map(({ root }) => root), outputs };
  }

  #add(member: Member): void {
    const { equation, operands, axes } = member;
    const args = operands.map((place) => this.#operand(place, axes));
    const output = equation.outputs[0]!;
    this.#results.set(output, member);
    this.#made.set(output, this.#compute(member, args));
  }

  #compute({ equation, result }: Member, args: readonly number[]): number {
    const { primitive, attrs, inputs, outputs } = equation;
    const { dtype } = outputs[0]!;
    if (result === null) return args[0]!;
    const reduction = reductionOf(equation);
    if (this.#needsScale(equation)) return this.#safeNorm(args[0]!);
    if (reduction !== null) {
      const { op } = reduction;
      const unsigned = dtype === 'float32' && this.#sizes.has(args[0]!);
      return this.#push({ kind: 'reduce', dtype, arg: args[0]!, op, unsigned });
    }
    const rule = this.#lowerings.maps.get(primitive.name)!;
    const output = outputs[0]!;
    if (isNamed(primitive, 'where')) {
      const [condition, yes, no] = args;
      const sides = this.#less.get(condition!);
      const choice = choiceOf(this.#nodes, [condition!, yes!, no!], sides);
      if (choice !== null) return this.#push({ kind: 'map', dtype, dear: false, ...choice });
    }
    if (isNamed(primitive, 'less') && inputs[0]!.dtype.startsWith('float')) {
      this.#less.set(this.#nodes.length, [args[0]!, args[1]!]);
    }
    if (isNamed(primitive, 'abs')) this.#sizes.add(this.#nodes.length);
    return this.#push({
      kind: 'map',
      dtype,
      args,
      dear: !this.#lowerings.cheap.has(primitive.name),
      emit: (lanes, into, width) => rule.emit(lanes, attrs, { into, width, inputs, output }),
    });
  }

  /** Whether an equation is a norm in which squares might over- or underflow. */
  #needsScale(equation: Equation): boolean {
    if (reductionOf(equation)?.op !== 'norm' || equation.outputs[0]!.dtype !== 'float64') {
      return false;
    }
    const maker = this.#results.get(this.#places.of(equation.inputs[0]!).root)?.equation;
    const isWidened =
      maker !== undefined &&
      isNamed(maker.primitive, 'astype') &&
      maker.inputs[0]!.dtype !== 'float64';
    return !isWidened;
  }

  /** The norm, of numbers divided by the largest where squares would over- or underflow. */
  #safeNorm(x: number): number {
    const dtype = 'float64';
    const size = this.#push({
      kind: 'map',
      dtype,
      args: [x],
      dear: false,
      emit: ([value]) => value!.abs(),
    });
    const largest = this.#push({ kind: 'reduce', dtype, arg: size, op: 'max' });
    const divisor = this.#push({
      kind: 'map',
      dtype,
      args: [largest],
      dear: false,
      emit: ([m]) => {
        const isFar = m!.op('gt', 1e150).or(m!.lt(1e-140));
        const isPlain = m!.op('gt', 0).and(m!.lt(Number.POSITIVE_INFINITY));
        return isFar.and(isPlain).choose(m!, 1);
      },
    });
    const scaled = this.#push({
      kind: 'map',
      dtype,
      args: [x, divisor],
      dear: true,
      emit: ([value, by]) => value!.div(by!),
    });
    const norm = this.#push({ kind: 'reduce', dtype, arg: scaled, op: 'norm' });
    return this.#push({
      kind: 'map',
      dtype,
      args: [norm, divisor],
      dear: false,
      emit: ([value, by]) => value!.mul(by!),
    });
  }

  #operand({ root, layout }: Place, axes: readonly number[]): number {
    const made = this.#made.get(root);
    if (made !== undefined) return made;
    const splat = this.#places.splat(root);
    if (splat !== undefined)
      return this.#push({ kind: 'constant', dtype: root.dtype, value: splat });
    const strides = this.#group.axes.map(() => 0);
    for (const [k, axis] of axes.entries()) if (axis >= 0) strides[axis] = layout.strides[k]!;
    const key = `${root.id} ${layout.offset} ${strides.join()}`;
    const known = this.#walks.get(key);
    if (known !== undefined) return known;
    const walk = { dtype: root.dtype, strides, offset: layout.offset };
    this.#inputs.push({ walk, root });
    const node = this.#push({ kind: 'input', dtype: root.dtype, input: this.#inputs.length - 1 });
    this.#walks.set(key, node);
    return node;
  }

  #push(node: Node): number {
    this.#nodes.push(node);
    return this.#nodes.length - 1;
  }

  #target(value: Value): Target {
    const { result, axes, operands } = this.#results.get(value)!;
    const strides = this.#group.axes.map(() => 0);
    const shape = result === null ? operands[0]!.layout.shape : value.shape;
    const own = dense(shape).strides;
    for (const [k, axis] of (result ?? axes).entries()) if (axis >= 0) strides[axis] = own[k]!;
    return { node: this.#made.get(value)!, dtype: value.dtype, strides, offset: 0 };
  }

  /** Results and what later passes over a row had better read back than compute again. */
  #withSpills(stored: readonly Value[], spec: FusedSpec): readonly Value[] {
    const { level, phase } = levelsOf(spec);
    const values = new Map<number, Value>();
    for (const [value, member] of this.#results) {
      if (member.result !== null) values.set(this.#made.get(value)!, value);
    }
    const kept = new Set(stored);
    const nodesOf = (): Set<number> => new Set([...kept].map((value) => this.#made.get(value)!));
    const visit = (index: number, pass: number): void => {
      const node = this.#nodes[index]!;
      if (level[index] !== 'element' || node.kind !== 'map') return;
      if (phase[index]! < pass) {
        if (nodesOf().has(index)) return;
        const value = values.get(index);
        if (node.dear && value !== undefined) {
          kept.add(value);
          return;
        }
      }
      for (const arg of node.args) visit(arg, pass);
    };
    for (const [index, node] of this.#nodes.entries()) {
      if (node.kind === 'reduce') visit(node.arg, phase[node.arg]!);
      else if (nodesOf().has(index)) visit(index, phase[index]!);
    }
    return [...kept];
  }
}
