import { type AnyPrimitive, erase, permuteP } from '@tikhonov/core/engine';
import { type Equation, type Graph, resultsOf, type Value } from '../graph/graph.ts';
import { isNamed } from '../graph/names.ts';
import { type Pass, rewrite } from './pass.ts';
import { firstFreeId } from './simplifier.ts';
import { sameNumbers, splatOf } from './splat.ts';

const permute: AnyPrimitive = /* @__PURE__ */ erase(permuteP);

/** Values that are looked at for one product. */
const farthest = 200;

/** What transposes a matrix. */
const swap: { readonly permutation: readonly number[] } = { permutation: [1, 0] };

/** Whether an equation transposes a matrix. */
const transposes = ({ primitive, attrs }: Equation): boolean =>
  isNamed(primitive, 'permute') &&
  sameNumbers((attrs as typeof swap).permutation, swap.permutation);

/** A product of two matrices, neither a row nor a column. */
const isProduct = ({ primitive, inputs, outputs }: Equation): boolean =>
  isNamed(primitive, 'matmul') &&
  inputs.every(({ shape }) => shape.length === 2) &&
  outputs[0]!.shape.length === 2 &&
  !outputs[0]!.shape.includes(1) &&
  !outputs[0]!.shape.includes(0);

/** Whether an equation works element by element, as far as its shapes tell. */
const isEven = ({ inputs, outputs }: Equation): boolean =>
  outputs.length === 1 &&
  inputs.every(({ shape }) => shape.length === 0 || sameNumbers(shape, outputs[0]!.shape));

/** How matrices meet: a product's elements with those of matrices whose order in memory is given. */
class Meetings {
  readonly #users = new Map<Value, Equation[]>();
  readonly #makers = new Map<Value, Equation>();
  readonly #given: ReadonlySet<Value>;
  readonly #leaving: ReadonlySet<Value>;

  constructor(graph: Graph) {
    for (const equation of graph.equations) {
      for (const value of equation.outputs) this.#makers.set(value, equation);
      for (const value of new Set(equation.inputs)) {
        const known = this.#users.get(value);
        if (known === undefined) this.#users.set(value, [equation]);
        else known.push(equation);
      }
    }
    const constants = graph.constants.filter(({ view }) => splatOf(view) === undefined);
    this.#given = new Set(
      [graph.inputs, [...graph.reads, ...constants].map(({ value }) => value)].flat(),
    );
    this.#leaving = new Set(resultsOf(graph));
  }

  /** What a matrix is a transpose of, if it is one. */
  source(value: Value): Value | undefined {
    const maker = this.#makers.get(value);
    return maker !== undefined && transposes(maker) ? maker.inputs[0]! : undefined;
  }

  /** Whether a product meets more matrices as its transpose than as it is. */
  wantsTurn(product: Value): boolean {
    let balance = 0;
    const seen = new Set<number>();
    const visit = (value: Value, turned: boolean): void => {
      const key = 2 * value.id + Number(turned);
      if (seen.has(key) || seen.size > farthest) return;
      seen.add(key);
      if (this.#leaving.has(value)) balance += turned ? 1 : -1;
      for (const user of this.#users.get(value) ?? []) {
        if (transposes(user)) visit(user.outputs[0]!, !turned);
        else if (!isNamed(user.primitive, 'permute') && isEven(user)) {
          for (const other of user.inputs) balance += this.#order(other, turned);
          visit(user.outputs[0]!, turned);
        }
      }
    };
    visit(product, false);
    return balance > 0;
  }

  /** 1 or -1 for a given matrix that lies in memory as the product would if it were turned, or not. */
  #order(value: Value, turned: boolean): number {
    const source = this.source(value);
    if (!this.#given.has(source ?? value)) return 0;
    return turned === (source === undefined) ? 1 : -1;
  }
}

/**
 * Products that are mostly used as transposes next to other matrices made as transposes, of the
 * transposed factors in the other order: gradients of weights `[out, in]`, which meet the weights and
 * their moments. What follows then walks straight through memory.
 */
export const turnProducts: Pass = {
  name: 'turn-products',
  run: (graph) => {
    if (!graph.equations.some(isProduct)) return graph;
    const meetings = new Meetings(graph);
    const equations: Equation[] = [];
    let next = firstFreeId(graph);
    let changed = false;
    const add = (
      primitive: AnyPrimitive,
      inputs: readonly Value[],
      attrs: unknown,
      shape: readonly number[],
    ): Value => {
      const output: Value = { id: next++, shape, dtype: inputs[0]!.dtype };
      equations.push({ primitive, inputs, attrs, outputs: [output] });
      return output;
    };
    const turned = (value: Value): Value =>
      meetings.source(value) ?? add(permute, [value], swap, [...value.shape].reverse());
    for (const equation of graph.equations) {
      if (!isProduct(equation) || !meetings.wantsTurn(equation.outputs[0]!)) {
        equations.push(equation);
        continue;
      }
      changed = true;
      const [a, b] = equation.inputs;
      const shape = [b!.shape[1]!, a!.shape[0]!];
      const product = add(equation.primitive, [turned(b!), turned(a!)], equation.attrs, shape);
      equations.push({ ...equation, primitive: permute, inputs: [product], attrs: swap });
    }
    return changed ? rewrite(graph, equations, new Map()) : graph;
  },
};
