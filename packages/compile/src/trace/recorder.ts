import { type Cell, type Parameter, Tensor, TraceError } from '@tikhonov/core';
import {
  type AnyPrimitive,
  type Aval,
  type Evaluator,
  eager,
  newestCell,
  type Payload,
  recomputationNow,
  type SymbolicValue,
  type View,
} from '@tikhonov/core/engine';
import type { Constant, Equation, Graph, State, Value } from '../graph/graph.ts';
import { type History, historyOf } from './history.ts';
import { replayed } from './replay.ts';

/** A value of the trace, as tensors hold it. */
class Traced implements SymbolicValue {
  readonly symbolic = true;
  readonly recorder: Recorder;
  readonly value: Value;
  readonly #origin: string;

  constructor(recorder: Recorder, value: Value, origin: string) {
    this.recorder = recorder;
    this.value = value;
    this.#origin = origin;
  }

  describe(): string {
    return this.recorder.isOver
      ? `${this.#origin} (kept from an earlier compiled call)`
      : this.#origin;
  }

  resolve(): View | null {
    return this.recorder.resolve(this.value);
  }
}

/**
 * Records what is run as equations. Cells that are read for the first time become hidden inputs: for
 * as long as the recording lasts, they hold a traced value. `finish` puts everything back.
 */
export class Recorder implements Evaluator {
  readonly #inputs: Value[] = [];
  readonly #reads: State[] = [];
  readonly #constants: Constant[] = [];
  readonly #byView = new Map<View, Value>();
  readonly #equations: Equation[] = [];
  readonly #before = new Map<Cell, Tensor>();
  readonly #written = new Set<Cell>();
  readonly #hadGrad = new Map<Parameter, boolean>();
  readonly #histories = new Map<Cell, History>();
  /** Cells made later are the recorded function's own, new at every call. */
  readonly #newest = newestCell();
  #count = 0;
  #isOver = false;
  /** What a program made of the recording is being run on. */
  #given: readonly Tensor[] | null = null;

  /** Whether nothing more is recorded, and no program made of it is being run. */
  get isOver(): boolean {
    return this.#isOver && this.#given === null;
  }

  /** A tensor that stands for an argument. */
  input(aval: Aval, origin: string): Tensor {
    const value = this.#value(aval);
    this.#inputs.push(value);
    return new Tensor(aval.shape, aval.dtype, new Traced(this, value, origin));
  }

  run(
    primitive: AnyPrimitive,
    payloads: readonly Payload[],
    attrs: unknown,
    avals: readonly Aval[],
    given: readonly Aval[],
  ): readonly Payload[] {
    // What depends on no argument and no cell is computed once, now.
    if (payloads.every((payload) => !('symbolic' in payload))) {
      return eager.run(primitive, payloads, attrs, avals, given);
    }
    const inputs = payloads.map((payload) => this.#operand(payload, primitive.name));
    const outputs = avals.map((aval) => this.#value(aval));
    this.#equations.push({ primitive, inputs, attrs, outputs, recomputation: recomputationNow() });
    return outputs.map((value) => new Traced(this, value, `the result of ${primitive.name}`));
  }

  /** What derivatives saw of the cells that were read. */
  get histories(): ReadonlyMap<Cell, History> {
    return this.#histories;
  }

  /** Whether the recorded function has made the cell. */
  isOwn(cell: Cell): boolean {
    return cell.serial > this.#newest;
  }

  onRead(cell: Cell): void {
    if (this.isOwn(cell)) return;
    const now = cell.peek();
    if (this.#before.has(cell) || now.payload instanceof Traced) return;
    this.#histories.set(cell, historyOf(cell));
    this.#before.set(cell, now);
    const value = this.#value(now);
    this.#reads.push({ cell, value });
    const origin = cell.name === '' ? 'a cell' : `the cell "${cell.name}"`;
    cell.swap(
      new Tensor(now.shape, now.dtype, new Traced(this, value, origin), now.node, now.output),
    );
  }

  onWrite(cell: Cell, value: Tensor): Tensor {
    if (this.isOwn(cell)) return value;
    if (!this.#before.has(cell)) this.#before.set(cell, cell.peek());
    this.#written.add(cell);
    return value;
  }

  onGrad(parameter: Parameter): void {
    if (this.isOwn(parameter) || this.#hadGrad.has(parameter)) return;
    this.#hadGrad.set(parameter, parameter.hasGrad);
  }

  /** The value of a tensor, as a result of the program. */
  result(x: Tensor): Value {
    return this.#operand(x.payload, 'the result');
  }

  /** The graph with these results; cells get back what they held. */
  finish(results: readonly Value[]): Graph {
    const grads = [...this.#hadGrad].map(([parameter, before]) => ({
      parameter,
      before,
      after: parameter.hasGrad,
    }));
    // What a gradient held before it was forgotten concerns nobody.
    for (const { parameter, after } of grads) if (!after) this.#written.delete(parameter.gradCell);
    const writes = [...this.#written].map((cell) => ({
      cell,
      value: this.#operand(cell.peek().payload, `the write of ${cell.name}`),
    }));
    this.restore();
    return {
      inputs: this.#inputs,
      reads: this.#reads,
      constants: this.#constants,
      equations: this.#equations,
      results,
      writes,
      grads,
    };
  }

  /**
   * Calls `body`, which runs the recording on these inputs and changes no cell before it is done: until then
   * tensors of the recording have elements, which the error of a check that fails may show.
   */
  during<T>(inputs: readonly Tensor[], body: () => T): T {
    this.#given = inputs;
    try {
      return body();
    } finally {
      this.#given = null;
    }
  }

  /** The elements of a value, while the recording is run. */
  resolve(value: Value): View | null {
    if (this.#given === null) return null;
    const given = new Map(this.#inputs.map((input, i) => [input, this.#given![i]!.view]));
    for (const { cell, value: read } of this.#reads) given.set(read, cell.peek().view);
    return replayed(value, { given, constants: this.#constants, equations: this.#equations });
  }

  /** Gives cells back what they held before the recording. */
  restore(): void {
    this.#isOver = true;
    for (const [cell, value] of this.#before) cell.swap(value);
    for (const [parameter, present] of this.#hadGrad) parameter.hasGrad = present;
  }

  #value({ shape, dtype }: Aval): Value {
    return { id: this.#count++, shape, dtype };
  }

  #operand(payload: Payload, by: string): Value {
    if (payload instanceof Traced && payload.recorder === this) return payload.value;
    if ('symbolic' in payload) {
      throw new TraceError(
        `compile: ${by} uses ${payload.describe()}, which belongs to another trace.\n` +
          '  Return it instead of storing it.',
      );
    }
    const known = this.#byView.get(payload);
    if (known !== undefined) return known;
    const value = this.#value(payload);
    this.#constants.push({ value, view: payload });
    this.#byView.set(payload, value);
    return value;
  }
}
