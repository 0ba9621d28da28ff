import {
  type AnyPrimitive,
  type Aval,
  erase,
  type Primitive,
  type View,
} from '@tikhonov/core/engine';
import type { Constant, Equation, Graph, Region, Value } from '../graph/graph.ts';
import type { AttrsOf, PrimitiveName } from '../graph/names.ts';
import { foldRepeated } from './fold-repeated.ts';
import { type Pass, rewrite } from './pass.ts';
import { splatOf, splatView } from './splat.ts';

/** The equation that a rule looks at. */
export interface Use<Attrs = unknown> {
  readonly primitive: Primitive<number, Attrs>;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  readonly output: Value;
}

/**
 * A simplification: another value that equals the output, bit for bit in every element, or `null`. What
 * it makes for that goes through all rules of its pass in turn.
 */
export type Rule<Attrs = unknown> = (use: Use<Attrs>, graph: Simplifier) => Value | null;

/** Rules by the names of the primitives that they look at. */
export type Rules = ReadonlyMap<string, readonly Rule[]>;

/** A rule with the name of its primitive. */
export type NamedRule = readonly [PrimitiveName, Rule];

/** A rule with the attributes' type that its primitive has. */
export const on = <Name extends PrimitiveName>(
  name: Name,
  rule: Rule<AttrsOf<Name>>,
): NamedRule => [name, (use, graph) => rule(use as Use<AttrsOf<Name>>, graph)];

/** Rules in a table; those of one primitive are tried in order. */
export function rulesOf(pairs: readonly NamedRule[]): Rules {
  const rules = new Map<string, Rule[]>();
  for (const [name, rule] of pairs) {
    const known = rules.get(name);
    if (known === undefined) rules.set(name, [rule]);
    else known.push(rule);
  }
  return rules;
}

/** How a value is made. */
export interface Made<Attrs> {
  readonly primitive: Primitive<number, Attrs>;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
}

/** A graph while its equations are rewritten one after the other, each after those that it uses. */
export class Simplifier {
  readonly #rules: Rules;
  readonly #graph: Graph;
  readonly #views = new Map<Value, View>();
  readonly #made = new Map<Value, Equation>();
  readonly #replaced = new Map<Value, Value>();
  readonly #constants: Constant[];
  readonly #numbers = new Map<string, Value>();
  readonly #equations: Equation[] = [];
  #next: number;
  #changes = 0;
  /** That of the equation which is looked at, for what takes its place. */
  #recomputation: number | undefined;

  constructor(graph: Graph, rules: Rules) {
    this.#graph = graph;
    this.#rules = rules;
    this.#constants = [...graph.constants];
    for (const { value, view } of graph.constants) this.#views.set(value, view);
    this.#next = firstFreeId(graph);
  }

  /** Rewrites the graph; the same one if nothing changes. */
  run(): Graph {
    for (const equation of this.#graph.equations) this.#visit(equation);
    if (this.#changes === 0) return this.#graph;
    const changed = rewrite(this.#graph, this.#equations, this.#replaced);
    return { ...changed, constants: this.#constants };
  }

  /** The primitive, operands and attributes, if the value is made by the primitive of this name. */
  by<Name extends PrimitiveName>(name: Name, value: Value): Made<AttrsOf<Name>> | undefined {
    const equation = this.#made.get(value);
    return equation?.primitive.name === name ? (equation as Made<AttrsOf<Name>>) : undefined;
  }

  /** The operand of the primitive that makes the value. */
  under(name: PrimitiveName, value: Value): Value | undefined {
    return this.by(name, value)?.inputs[0];
  }

  /** The number that a constant repeats in all its elements. */
  splat(value: Value): number | undefined {
    const view = this.#views.get(value);
    return view === undefined ? undefined : splatOf(view);
  }

  /** Whether the value is that number everywhere; 0 and -0 are different numbers. */
  is(value: Value, number: number): boolean {
    return Object.is(this.splat(value), number);
  }

  /** A constant of one number. */
  number(value: number, like: Aval): Value {
    const key = `${like.dtype} ${like.shape.join()} ${Object.is(value, -0) ? '-0' : value}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const made = this.constant(splatView(value, like));
    this.#numbers.set(key, made);
    return made;
  }

  /** A new constant. */
  constant(view: View): Value {
    const value: Value = { id: this.#next++, shape: view.shape, dtype: view.dtype };
    this.#views.set(value, view);
    this.#constants.push({ value, view });
    return value;
  }

  /** The result of a primitive, simplified. */
  make<N extends number, Attrs>(
    primitive: Primitive<N, Attrs>,
    inputs: readonly Value[],
    attrs: Attrs,
  ): Value {
    return this.again(erase(primitive), inputs, attrs);
  }

  /** As `make`, for a primitive whose types have been forgotten. */
  again(primitive: AnyPrimitive, inputs: readonly Value[], attrs: unknown): Value {
    if (primitive.kind === 'multi')
      throw new Error(`internal: ${primitive.name} has many results.`);
    const { shape, dtype } = primitive.infer(inputs, attrs);
    const known = inputs.map((value) => this.#views.get(value));
    const folded = foldRepeated(primitive, known, attrs, { shape, dtype });
    if (folded !== null) return this.constant(folded);
    const output: Value = { id: this.#next++, shape, dtype };
    return (
      this.#simplified(primitive, inputs, attrs, output) ??
      this.#push(primitive, inputs, attrs, output)
    );
  }

  #visit(equation: Equation): void {
    const { primitive, attrs, outputs } = equation;
    this.#recomputation = equation.recomputation;
    const inputs = equation.inputs.map((value) => this.#replaced.get(value) ?? value);
    if (primitive.kind === 'single') {
      const [output] = outputs;
      const simpler = this.#simplified(primitive, inputs, attrs, output!);
      if (simpler !== null) {
        this.#replaced.set(output!, simpler);
        this.#changes += 1;
        return;
      }
      this.#push(primitive, inputs, attrs, output!);
    } else this.#equations.push({ ...equation, inputs });
  }

  #simplified(
    primitive: Primitive,
    inputs: readonly Value[],
    attrs: unknown,
    output: Value,
  ): Value | null {
    const rules = this.#rules.get(primitive.name);
    if (rules === undefined) return null;
    const use = { primitive, inputs, attrs, output };
    for (const rule of rules) {
      const simpler = rule(use, this);
      if (simpler !== null) return simpler;
    }
    return null;
  }

  #push(primitive: AnyPrimitive, inputs: readonly Value[], attrs: unknown, output: Value): Value {
    const recomputation = this.#recomputation;
    const equation = { primitive, inputs, attrs, outputs: [output], recomputation };
    this.#equations.push(equation);
    this.#made.set(output, equation);
    return output;
  }
}

/** A pass that applies rules to every equation once. */
export const simplifying = (name: string, rules: Rules): Pass => ({
  name,
  run: (graph) => new Simplifier(graph, rules).run(),
});

/** A number above the ids of all values. */
export function firstFreeId({
  inputs,
  reads = [],
  constants,
  equations,
}: Region & Partial<Pick<Graph, 'reads'>>): number {
  let free = 0;
  const see = ({ id }: Value): void => {
    free = Math.max(free, id + 1);
  };
  inputs.forEach(see);
  for (const { value } of reads) see(value);
  for (const { value } of constants) see(value);
  for (const { outputs } of equations) outputs.forEach(see);
  return free;
}
