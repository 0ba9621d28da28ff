import type { View } from '@tikhonov/array';
import { type Cell, detach, type Parameter } from '../cell.ts';
import {
  type Evaluator,
  eager,
  isConcrete,
  type Payload,
  recomputationNow,
  type SymbolicValue,
  within,
} from '../interpreter.ts';
import type { AnyPrimitive, Aval } from '../primitive.ts';
import { Tensor } from '../tensor.ts';
import { emptyState, type State } from '../transforms/replay.ts';
import type { Constant, Equation, Region, Value } from './region.ts';

/** A value of a region that is being recorded. */
class RegionValue implements SymbolicValue {
  readonly symbolic = true;
  readonly recorder: RegionRecorder;
  readonly value: Value;
  readonly #origin: string;

  constructor(recorder: RegionRecorder, value: Value, origin: string) {
    this.recorder = recorder;
    this.value = value;
    this.#origin = origin;
  }

  describe(): string {
    return this.#origin;
  }
}

/** What a function did while it was recorded. */
export interface Recorded<Out> {
  readonly out: Out;
  /** What the cells that it wrote held at the end. */
  readonly writes: ReadonlyMap<Cell, Tensor>;
  /** Whether the parameters whose gradients it touched had one at the end. */
  readonly grads: ReadonlyMap<Parameter, boolean>;
}

/**
 * Records what is run as the equations of a region. Symbols of what is recorded around it become inputs
 * of the region when they are used. Cells are read outside, and hold afterwards what they held before.
 */
export class RegionRecorder implements Evaluator {
  /** What was found in cells at their first touch, for a second call. */
  readonly state: State = emptyState();
  readonly #outer: Evaluator;
  readonly #inputs: Value[] = [];
  readonly #captures = new Map<Payload, { readonly value: Value; readonly tensor: Tensor }>();
  readonly #constants = new Map<View, Constant>();
  readonly #equations: Equation[] = [];
  readonly #written = new Set<Cell>();
  #count = 0;

  constructor(outer: Evaluator) {
    this.#outer = outer;
  }

  /** A tensor that stands for an input, with the history of `x`. */
  input(x: Tensor, origin: string): Tensor {
    const value = this.#value(x);
    this.#inputs.push(value);
    const payload = new RegionValue(this, value, origin);
    return new Tensor(x.shape, x.dtype, payload, x.node, x.output);
  }

  /** Calls `body`; the given cells are inputs then. */
  record<Out>(body: () => Out, cells: readonly Cell[] = []): Recorded<Out> {
    const { values, grads } = this.state;
    try {
      for (const cell of cells) {
        const now = cell.read();
        values.set(cell, now);
        cell.swap(this.input(now, labelOf(cell)));
      }
      const out = within({ evaluator: this }, body);
      return {
        out,
        writes: new Map([...this.#written].map((cell) => [cell, detach(cell.peek())])),
        grads: new Map([...grads.keys()].map((parameter) => [parameter, parameter.hasGrad])),
      };
    } finally {
      for (const [cell, value] of values) cell.swap(value);
      for (const [parameter, present] of grads) parameter.hasGrad = present;
    }
  }

  run(
    primitive: AnyPrimitive,
    payloads: readonly Payload[],
    attrs: unknown,
    avals: readonly Aval[],
    given: readonly Aval[],
  ): readonly Payload[] {
    // What depends on nothing is computed once, now.
    if (payloads.every(isConcrete)) {
      try {
        return eager.run(primitive, payloads, attrs, avals, given);
      } catch {
        // It counts only if the region is run: a failed check, a matrix that has no inverse.
      }
    }
    const inputs = payloads.map((payload, i) => this.#operand(payload, given[i]!));
    const outputs = avals.map((aval) => this.#value(aval));
    this.#equations.push({ primitive, inputs, attrs, outputs, recomputation: recomputationNow() });
    return outputs.map((value) => new RegionValue(this, value, `the result of ${primitive.name}`));
  }

  onRead(cell: Cell): void {
    if (this.state.values.has(cell)) return;
    this.#outer.onRead?.(cell);
    this.state.values.set(cell, cell.peek());
  }

  onWrite(cell: Cell, value: Tensor): Tensor {
    if (!this.state.values.has(cell)) this.state.values.set(cell, cell.peek());
    this.#written.add(cell);
    return value;
  }

  onGrad(parameter: Parameter): void {
    this.#outer.onGrad?.(parameter);
    const { grads } = this.state;
    if (!grads.has(parameter)) grads.set(parameter, parameter.hasGrad);
  }

  /** The value of a tensor, as a result of the region. */
  result(x: Tensor): Value {
    return this.#operand(x.payload, x);
  }

  /** What the region uses from around it. */
  get captures(): readonly Tensor[] {
    return [...this.#captures.values()].map(({ tensor }) => tensor);
  }

  /** The region; its inputs end with one for each capture, whether it uses that or not. */
  finish(results: readonly Value[], captures: readonly Tensor[]): Region {
    const captured = captures.map((x) => this.#captures.get(x.payload)?.value ?? this.#value(x));
    return {
      inputs: [...this.#inputs, ...captured],
      constants: [...this.#constants.values()],
      equations: this.#equations,
      results,
    };
  }

  #value({ shape, dtype }: Aval): Value {
    return { id: this.#count++, shape, dtype };
  }

  #operand(payload: Payload, { shape, dtype }: Aval): Value {
    if (payload instanceof RegionValue && payload.recorder === this) return payload.value;
    if (isConcrete(payload)) {
      const constant = this.#constants.get(payload) ?? {
        value: this.#value({ shape, dtype }),
        view: payload,
      };
      this.#constants.set(payload, constant);
      return constant.value;
    }
    const capture = this.#captures.get(payload) ?? {
      value: this.#value({ shape, dtype }),
      tensor: new Tensor(shape, dtype, payload),
    };
    this.#captures.set(payload, capture);
    return capture.value;
  }
}

/** What the regions use from around them, each once. */
export function capturesOf(recorders: readonly RegionRecorder[]): readonly Tensor[] {
  const byPayload = new Map<Payload, Tensor>();
  for (const { captures } of recorders) {
    for (const tensor of captures) byPayload.set(tensor.payload, tensor);
  }
  return [...byPayload.values()];
}

/** A cell, for messages. */
export const labelOf = ({ name }: { readonly name: string }): string =>
  name === '' ? 'a cell' : `the cell "${name}"`;
