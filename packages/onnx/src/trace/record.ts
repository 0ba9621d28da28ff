import { type Cell, type DType, Tensor, TraceError } from '@tikhonov/core';
import {
  type AnyPrimitive,
  type Aval,
  broadcastToP,
  type Evaluator,
  eager,
  erase,
  kindOf,
  type Payload,
  type SymbolicValue,
  within,
} from '@tikhonov/core/engine';

/** Stands for a value whose elements are not known. */
export class Unknown implements SymbolicValue {
  readonly symbolic = true;
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  describe(): string {
    return this.#origin;
  }
}

/** One operation of a recorded function. */
export interface Step {
  readonly primitive: AnyPrimitive;
  readonly inputs: readonly Payload[];
  readonly inputAvals: readonly Aval[];
  readonly attrs: unknown;
  readonly outputs: readonly Payload[];
  readonly outputAvals: readonly Aval[];
}

/** What a function of a tensor did. */
export interface Recording {
  readonly input: Payload;
  readonly steps: readonly Step[];
  readonly result: Tensor;
}

const broadcasting: AnyPrimitive = /* @__PURE__ */ erase(broadcastToP);

class Recorder implements Evaluator {
  readonly steps: Step[] = [];
  readonly #parameters: ReadonlySet<Payload>;

  constructor(parameters: ReadonlySet<Payload>) {
    this.#parameters = parameters;
  }

  run(
    primitive: AnyPrimitive,
    inputs: readonly Payload[],
    attrs: unknown,
    outputAvals: readonly Aval[],
    inputAvals: readonly Aval[],
  ): readonly Payload[] {
    // Constants are computed now. Parameters stay what they are, under their names, and a constant that is
    // repeated along an axis that varies is kept as it was before.
    const isConstant = (payload: Payload): boolean =>
      !('symbolic' in payload) && !this.#parameters.has(payload);
    if (primitive !== broadcasting && inputs.every(isConstant)) {
      return eager.run(primitive, inputs, attrs, outputAvals, inputAvals);
    }
    const outputs = outputAvals.map(() => new Unknown(`the result of ${primitive.name}`));
    this.steps.push({ primitive, inputs, inputAvals, attrs, outputs, outputAvals });
    return outputs;
  }

  onWrite(cell: { readonly name: string }): never {
    throw new TraceError(
      `it writes to a cell${cell.name === '' ? '' : ` "${cell.name}"`} in evaluation, which a file cannot.`,
    );
  }
}

/**
 * Runs a function on a tensor without elements: nothing is computed, but every shape is checked.
 *
 * @param cells  what the cells of the model hold meanwhile: their values, as `ownValue` makes them
 */
export function record(
  f: (x: Tensor) => unknown,
  shape: readonly number[],
  dtype: DType,
  cells: ReadonlyMap<Cell, Tensor>,
): Recording {
  const recorder = new Recorder(new Set([...cells.values()].map(({ payload }) => payload)));
  const input = new Unknown('the input of the model');
  const before = [...cells].map(([cell, value]) => [cell, cell.swap(value)] as const);
  try {
    const result = within({ evaluator: recorder, recordBelow: -Infinity }, () =>
      f(new Tensor(shape, dtype, input)),
    );
    if (result instanceof Tensor) return { input, steps: recorder.steps, result };
    throw new TypeError(`it returns ${kindOf(result)} where a Tensor is needed.`);
  } finally {
    for (const [cell, value] of before) cell.swap(value);
  }
}

/** A cell's value, which no other cell has: new layers may share one tensor of zeros. */
export function ownValue(cell: Cell): Tensor {
  const { shape, dtype, payload, node, output } = cell.peek();
  return new Tensor(shape, dtype, { ...payload }, node, output);
}
