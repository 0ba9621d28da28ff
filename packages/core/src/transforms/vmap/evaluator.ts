import { bind, bindMulti } from '../../bind.ts';
import { TraceError } from '../../errors.ts';
import {
  type Evaluator,
  frame,
  type Payload,
  type SymbolicValue,
  within,
} from '../../interpreter.ts';
import type { AnyPrimitive, Aval, Batched, RunBatched } from '../../primitive.ts';
import { stack } from '../../primitives/concat.ts';
import { reshape } from '../../primitives/reshape.ts';
import { slice } from '../../primitives/slice-pad.ts';
import { broadcastTo } from '../../primitives/sum-broadcast.ts';
import { Tensor } from '../../tensor.ts';
import { batchingRules } from './rules.ts';

/** A value that stands for one example: the tensor of all of them, examples along axis 0. */
class BatchedValue implements SymbolicValue {
  readonly symbolic = true;
  readonly all: Tensor;

  constructor(all: Tensor) {
    this.all = all;
  }

  describe(): string {
    return 'an example under vmap';
  }
}

/** Runs primitives on all examples at once, in the evaluator that was in force around it. */
export class BatchingEvaluator implements Evaluator {
  readonly size: number;
  readonly #outer: Evaluator = frame().evaluator;
  // Values of another vmap are payloads like any other here.
  readonly #own = new WeakSet<Payload>();

  constructor(size: number) {
    this.size = size;
  }

  /** One example's tensor that stands for all of `all` `[size, ...s]`. */
  wrap(all: Tensor): Payload {
    const value = new BatchedValue(all);
    this.#own.add(value);
    return value;
  }

  /** All examples of a payload, or `null` if it is the same for all of them. */
  examples(payload: Payload): Tensor | null {
    return payload instanceof BatchedValue && this.#own.has(payload) ? payload.all : null;
  }

  run(
    primitive: AnyPrimitive,
    payloads: readonly Payload[],
    attrs: unknown,
    avals: readonly Aval[],
    inputs: readonly Aval[],
  ): readonly Payload[] {
    const batches = payloads.map((payload) => this.examples(payload));
    if (batches.every((all) => all === null)) {
      return this.#outer.run(primitive, payloads, attrs, avals, inputs);
    }
    // Derivatives are recorded above this evaluator, so nothing is recorded below it.
    return within({ evaluator: this.#outer, recordBelow: -Infinity }, () => {
      const operands = payloads.map((payload, i): Batched => {
        const all = batches[i]!;
        return all === null
          ? { tensor: new Tensor(inputs[i]!.shape, inputs[i]!.dtype, payload), batched: false }
          : { tensor: all, batched: true };
      });
      return this.#batched(primitive, operands, attrs, avals).map((all) => this.wrap(all));
    });
  }

  #batched(
    primitive: AnyPrimitive,
    operands: readonly Batched[],
    attrs: unknown,
    avals: readonly Aval[],
  ): readonly Tensor[] {
    if (primitive.kind === 'multi' && primitive.control !== undefined) {
      return primitive.control.batch(operands, attrs, this.size, runBatched(this.size));
    }
    const rule = batchingRules.get(primitive);
    return rule === undefined
      ? oneByOne(primitive, operands, attrs, avals, this.size)
      : [rule(operands, attrs, this.size)];
  }

  onRead(cell: Parameters<NonNullable<Evaluator['onRead']>>[0]): void {
    this.#outer.onRead?.(cell);
  }

  onGrad(parameter: Parameters<NonNullable<Evaluator['onGrad']>>[0]): void {
    this.#outer.onGrad?.(parameter);
  }

  onWrite(cell: { readonly name: string }): never {
    throw new TraceError(
      `vmap: the function wrote to a cell${cell.name === '' ? '' : ` "${cell.name}"`}, which can hold one value only.\n` +
        '  Return the value, or pass { updateState: false }.',
    );
  }
}

/** Runs for one example, on all of them at once. */
const runBatched =
  (size: number): RunBatched =>
  (operands, body) => {
    const inner = new BatchingEvaluator(size);
    const example = operands.map(({ tensor, batched }) =>
      batched ? new Tensor(tensor.shape.slice(1), tensor.dtype, inner.wrap(tensor)) : tensor,
    );
    const results = within({ evaluator: inner }, () => body(example));
    return results.map((y) => inner.examples(y.payload) ?? broadcastTo(y, [size, ...y.shape]));
  };

/** Any primitive on all examples: one after another. Right for all of them, and slow. */
function oneByOne(
  primitive: AnyPrimitive,
  operands: readonly Batched[],
  attrs: unknown,
  avals: readonly Aval[],
  size: number,
): Tensor[] {
  const results = Array.from({ length: size }, (_, b) => {
    const inputs = operands.map(({ tensor, batched }) =>
      batched ? reshape(slice(tensor, [{ start: b, stop: b + 1 }]), tensor.shape.slice(1)) : tensor,
    );
    return primitive.kind === 'single'
      ? [bind(primitive, inputs, attrs)]
      : bindMulti(primitive, inputs, attrs);
  });
  return avals.map((_, k) => stack(results.map((outputs) => outputs[k]!)));
}
