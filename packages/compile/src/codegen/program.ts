import type { Cell, DType } from '@tikhonov/core';
import type { View } from '@tikhonov/core/engine';
import { LoweringError } from '../errors.ts';
import type { Equation, Graph, Value } from '../graph/graph.ts';
import { emitFused } from '../kernels/fused/index.ts';
import type { Profile } from '../kernels/gemm/index.ts';
import { bytesOf } from '../kernels/map/elements.ts';
import type { Layout } from '../layout/layout.ts';
import { loopRules } from '../lower/loops/index.ts';
import { identityOf, isProduct } from '../lower/special.ts';
import { fuse, type Unit } from '../schedule/fuse.ts';
import { kernelOf } from '../schedule/kernel.ts';
import { isWhole, type Place, type Places, placesOf, sizeOf } from '../schedule/places.ts';
import { ModuleWriter } from '../wasm/module.ts';
import { MemoryPlan } from './memory.ts';
import { emitProduct, productScratch } from './product.ts';

/** A value's place in a program's memory. */
export interface Slot {
  readonly value: Value;
  readonly address: number;
}

/** A cell's place. */
export interface CellSlot {
  readonly cell: Cell;
  readonly dtype: DType;
  readonly address: number;
}

/** What may go wrong in a program: the equation to run again for its error, and where its inputs are. */
export interface Failure {
  readonly equation: Equation;
  readonly operands: readonly {
    readonly address: number;
    readonly layout: Layout;
    readonly value: Value;
  }[];
}

/** A program before it is instantiated. */
export interface ProgramCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pages: number;
  readonly inputs: readonly Slot[];
  readonly reads: readonly CellSlot[];
  readonly writes: readonly CellSlot[];
  readonly constants: readonly { readonly view: View; readonly address: number }[];
  readonly results: readonly Slot[];
  readonly failures: readonly Failure[];
  /** One line per kernel. */
  readonly kernels: readonly string[];
}

/** Compiles an optimised graph. */
export function programOf(original: Graph, profile: Profile): ProgramCode {
  const graph = withCopies(original);
  const places = placesOf(graph);
  const units = fuse(graph, places, mayFail);
  return new Assembly(graph, places, units, profile).assemble();
}

const mayFail = ({ primitive }: Equation): boolean => loopRules.get(primitive)?.fallible === true;

/**
 * Adds copies, so that everything that leaves the program has storage of its own, in order, and so has
 * what goes into kernels that want it.
 */
function withCopies(graph: Graph): Graph {
  const places = placesOf(graph);
  const given = new Set<Value>([
    ...graph.inputs,
    ...graph.reads.map(({ value }) => value),
    ...graph.constants.map(({ value }) => value),
  ]);
  const equations: Equation[] = [];
  let id = 0;
  for (const { outputs } of graph.equations) for (const v of outputs) id = Math.max(id, v.id + 1);
  for (const value of given) id = Math.max(id, value.id + 1);
  const copyOf = (value: Value): Value => {
    const copy: Value = { id: id++, shape: value.shape, dtype: value.dtype };
    equations.push({ primitive: identityOf, inputs: [value], attrs: null, outputs: [copy] });
    return copy;
  };
  for (const equation of graph.equations) {
    const isDense = loopRules.get(equation.primitive)?.layouts === 'dense';
    const inputs = isDense
      ? equation.inputs.map((value) => (isWhole(places.of(value)) ? value : copyOf(value)))
      : equation.inputs;
    equations.push({ ...equation, inputs });
  }
  const taken = new Set<Value>();
  const own = (value: Value): Value => {
    const place = places.of(value);
    if (isWhole(place) && !given.has(place.root) && !taken.has(place.root)) {
      taken.add(place.root);
      return value;
    }
    return copyOf(value);
  };
  const results = graph.results.map(own);
  const writes = graph.writes.map(({ cell, value }) => ({ cell, value: own(value) }));
  return { ...graph, equations, results, writes };
}

interface Step {
  readonly function: number;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly scratch: number;
  readonly failure: Equation | null;
  readonly text: string;
}

class Assembly {
  readonly #graph: Graph;
  readonly #places: Places;
  readonly #units: readonly Unit[];
  readonly #profile: Profile;
  readonly #writer = new ModuleWriter(0);
  readonly #addresses = new Map<Value, number>();

  constructor(graph: Graph, places: Places, units: readonly Unit[], profile: Profile) {
    this.#graph = graph;
    this.#places = places;
    this.#units = units;
    this.#profile = profile;
  }

  assemble(): ProgramCode {
    const graph = this.#graph;
    const users = this.#users();
    const leaving = new Set(
      [...graph.results, ...graph.writes.map(({ value }) => value)].map(this.#root),
    );
    const steps = this.#units.map((unit) =>
      this.#stepOf(unit, (value) => {
        if (leaving.has(value)) return true;
        return [...(users.get(value) ?? [])].some((user) => user !== unit);
      }),
    );
    // Address 0 stays unused, so that no address is 0.
    const plan = new MemoryPlan(64);
    const forever = steps.length;
    const keep = (value: Value): number => {
      const at = plan.place(sizeOf(value.shape) * bytesOf(value.dtype), 0, forever);
      this.#addresses.set(value, at);
      return at;
    };
    const inputs = graph.inputs.map((value) => ({ value, address: keep(value) }));
    const homes = new Map<Cell, number>();
    for (const { cell, value } of graph.reads) homes.set(cell, keep(value));
    for (const { cell, value } of graph.writes) {
      if (!homes.has(cell)) {
        homes.set(cell, plan.place(sizeOf(value.shape) * bytesOf(value.dtype), 0, forever));
      }
    }
    const read = new Set(steps.flatMap((step) => step.inputs));
    const constants = graph.constants.flatMap(({ value, view }) => {
      if (!read.has(value)) return [];
      const isSplat = this.#places.splat(value) !== undefined;
      const stored = isSplat ? { ...view, shape: [], stride: [] } : view;
      const at = plan.place(sizeOf(stored.shape) * bytesOf(value.dtype), 0, forever);
      this.#addresses.set(value, at);
      return [{ view: stored, address: at }];
    });
    const lastUse = new Map<Value, number>();
    for (const [k, step] of steps.entries()) for (const value of step.inputs) lastUse.set(value, k);
    for (const value of leaving) lastUse.set(value, forever);
    const scratches: number[] = [];
    for (const [k, step] of steps.entries()) {
      for (const value of step.outputs) {
        const bytes = sizeOf(value.shape) * bytesOf(value.dtype);
        this.#addresses.set(value, plan.place(bytes, k, lastUse.get(value) ?? k));
      }
      scratches.push(step.scratch === 0 ? 0 : plan.place(step.scratch, k, k));
    }
    const failures = this.#driver(steps, scratches, homes);
    const pages = Math.ceil(plan.end / 65536) + 1;
    return {
      bytes: this.#writer.encode(pages),
      pages,
      inputs,
      reads: graph.reads.map(({ cell, value: { dtype } }) => ({
        cell,
        dtype,
        address: homes.get(cell)!,
      })),
      writes: graph.writes.map(({ cell, value: { dtype } }) => ({
        cell,
        dtype,
        address: homes.get(cell)!,
      })),
      constants,
      results: graph.results.map((value) => ({ value, address: this.#addressOf(value) })),
      failures,
      kernels: steps.map(({ text }) => text),
    };
  }

  readonly #root = (value: Value): Value => this.#places.of(value).root;

  #addressOf(value: Value): number {
    const found = this.#addresses.get(this.#root(value));
    if (found === undefined) throw new Error(`internal: value ${value.id} has no address.`);
    return found;
  }

  #users(): Map<Value, Set<Unit>> {
    const users = new Map<Value, Set<Unit>>();
    for (const unit of this.#units) {
      for (const { inputs } of unit.equations) {
        for (const input of inputs) {
          const root = this.#root(input);
          const known = users.get(root);
          if (known === undefined) users.set(root, new Set([unit]));
          else known.add(unit);
        }
      }
    }
    return users;
  }

  #stepOf(unit: Unit, needed: (value: Value) => boolean): Step {
    if (unit.group !== null) {
      const { spec, inputs, outputs } = kernelOf(unit.group, this.#places, needed);
      return {
        function: emitFused(this.#writer, spec),
        inputs,
        outputs,
        scratch: 0,
        failure: null,
        text: `${unit.equations.map(({ primitive }) => primitive.name).join(' ')} [${spec.axes.join(', ')}]`,
      };
    }
    const equation = unit.equations[0]!;
    const operands = equation.inputs.map((value) => this.#places.of(value));
    return isProduct(equation) ? this.#product(equation, operands) : this.#loop(equation, operands);
  }

  #product(equation: Equation, operands: readonly Place[]): Step {
    const [a, b] = operands;
    const spec = {
      a: a!.layout,
      b: b!.layout,
      result: equation.outputs[0]!,
      profile: this.#profile,
    };
    return {
      function: emitProduct(this.#writer, spec),
      inputs: [a!.root, b!.root],
      outputs: equation.outputs,
      scratch: Math.max(16, productScratch(spec)),
      failure: null,
      text: `matmul [${spec.a.shape.join(', ')}] x [${spec.b.shape.join(', ')}]`,
    };
  }

  #loop(equation: Equation, operands: readonly Place[]): Step {
    const { primitive, attrs, outputs } = equation;
    const rule = loopRules.get(primitive);
    if (rule === undefined) throw new LoweringError(primitive.name);
    if (rule.layouts === 'dense' && !operands.every(isWhole)) {
      throw new Error(`internal: ${primitive.name} needs dense operands.`);
    }
    const spec = {
      inputs: operands.map(({ layout }, i) => ({ dtype: equation.inputs[i]!.dtype, layout })),
      outputs,
      attrs,
    };
    return {
      function: rule.emit(this.#writer, spec),
      inputs: operands.map(({ root }) => root),
      outputs,
      scratch: rule.scratch?.(spec) ?? 0,
      failure: rule.fallible === true ? equation : null,
      text: `${primitive.name} ${outputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' ')}`,
    };
  }

  /** The function that runs a step of the program: 0, or the number of the failure that ended it. */
  #driver(
    steps: readonly Step[],
    scratches: readonly number[],
    homes: ReadonlyMap<Cell, number>,
  ): Failure[] {
    const failures: Failure[] = [];
    this.#writer.function(
      [],
      ['i32'],
      (code) => {
        for (const [k, step] of steps.entries()) {
          for (const value of step.inputs) code.i32(this.#addressOf(value));
          for (const value of step.outputs) code.i32(this.#addressOf(value));
          if (scratches[k] !== 0) code.i32(scratches[k]!);
          code.call(step.function);
          if (step.failure === null) continue;
          failures.push(this.#failure(step.failure));
          const number = failures.length;
          code.if(() => code.i32(number).op('return'));
        }
        for (const { cell, value } of this.#graph.writes) {
          const bytes = sizeOf(value.shape) * bytesOf(value.dtype);
          code.i32(homes.get(cell)!).i32(this.#addressOf(value)).i32(bytes).copy();
        }
        code.i32(0);
      },
      'run',
    );
    return failures;
  }

  #failure(equation: Equation): Failure {
    const operands = equation.inputs.map((value) => ({
      value,
      address: this.#addressOf(value),
      layout: this.#places.of(value).layout,
    }));
    return { equation, operands };
  }
}
