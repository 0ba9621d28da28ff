import { Tensor } from '@tikhonov/core';
import type { AnyPrimitive, Payload } from '@tikhonov/core/engine';
import { broadcastToP, erase } from '@tikhonov/core/engine';
import type { OnnxScope } from '../scope.ts';
import { type OnnxValue, sameTrials, type Trials } from '../values.ts';
import type { Recording, Step } from './record.ts';
import { rules } from './rules.ts';

/** A value, which may be smaller than the recording has it: ONNX repeats it where that is needed. */
interface Operand {
  readonly value: OnnxValue;
  readonly claimed: Trials;
}

const broadcasting: AnyPrimitive = /* @__PURE__ */ erase(broadcastToP);

/** Writes what was recorded in both trials as nodes; the function is the same, only sizes differ. */
export class TraceWriter {
  readonly #scope: OnnxScope;
  readonly #recordings: readonly [Recording, Recording];
  /** By the payload in the first trial. */
  readonly #operands = new Map<Payload, Operand>();

  constructor(scope: OnnxScope, recordings: readonly [Recording, Recording], x: OnnxValue) {
    this.#scope = scope;
    this.#recordings = recordings;
    this.#operands.set(recordings[0].input, { value: x, claimed: x.trials });
  }

  /** The result's value. */
  write(): OnnxValue {
    const [first, second] = this.#recordings;
    const same =
      first.steps.length === second.steps.length &&
      first.steps.every(({ primitive }, i) => primitive === second.steps[i]!.primitive);
    if (!same) {
      this.#scope.fail(
        'the function runs other operations when the sizes of dynamic axes are others',
        'Give those axes fixed sizes in inputShape.',
      );
    }
    const needed = neededBy(first);
    for (const [i, step] of first.steps.entries()) {
      if (needed.has(step)) this.#step(step, second.steps[i]!);
    }
    const [a, b] = [first.result, second.result];
    return this.#whole(this.#operand(a.payload, b.payload, [a.shape, b.shape]));
  }

  #step(first: Step, second: Step): void {
    const [aval] = first.outputAvals;
    const claimed: Trials = [aval!.shape, second.outputAvals[0]!.shape];
    const operands = first.inputs.map((payload, i) =>
      this.#operand(payload, second.inputs[i]!, [
        first.inputAvals[i]!.shape,
        second.inputAvals[i]!.shape,
      ]),
    );
    if (first.primitive === broadcasting) {
      this.#operands.set(first.outputs[0]!, { value: operands[0]!.value, claimed });
      return;
    }
    const rule = rules.get(first.primitive);
    if (rule === undefined) {
      this.#scope.fail(
        `the function runs ${first.primitive.name}, which is not written as ONNX`,
        'Make it a Module of its own and pass an exporter for it: { exporters: [onnxLayer(Class, exporter)] }.',
      );
    }
    const value = rule.write(this.#scope, {
      inputs: operands.map((operand) => (rule.elementwise ? operand.value : this.#whole(operand))),
      attrs: [first.attrs, second.attrs],
      trials: claimed,
      dtype: aval!.dtype,
    });
    this.#operands.set(first.outputs[0]!, { value, claimed });
  }

  /** What stands for a payload; constants become stored tensors. */
  #operand(first: Payload, second: Payload, claimed: Trials): Operand {
    const known = this.#operands.get(first);
    if (known !== undefined) return known;
    const operand = { value: this.#constant(first, second, claimed), claimed };
    this.#operands.set(first, operand);
    return operand;
  }

  #constant(first: Payload, second: Payload, claimed: Trials): OnnxValue {
    const cell = this.#scope.cellOf(first);
    if (cell !== undefined) return this.#scope.parameter(cell);
    // The dtype is a view's own: a constant has elements.
    if ('symbolic' in first || 'symbolic' in second) {
      return this.#scope.fail(
        `the function uses ${'symbolic' in first ? first.describe() : 'a value'} of another function`,
        'Return it there.',
      );
    }
    const [a, b] = [
      new Tensor(claimed[0], first.dtype, first),
      new Tensor(claimed[1], first.dtype, second),
    ];
    const [values, others] = [a.data(), b.data()];
    // Numbers that fill a tensor need no axes of their own.
    if (isUniform(values) && isUniform(others)) {
      if (Object.is(values[0], others[0])) {
        return this.#scope.constant([values[0]!], [], first.dtype);
      }
      const count = this.#scope.count(values[0]!, others[0]!, first.dtype);
      if (count !== undefined) return count;
    }
    if (
      values.length !== others.length ||
      values.some((value, i) => !Object.is(value, others[i]))
    ) {
      this.#scope.fail(
        'the function makes a constant that depends on the sizes of dynamic axes',
        'Give those axes fixed sizes in inputShape.',
      );
    }
    return this.#scope.constant([...values], claimed[0], first.dtype);
  }

  /** The value as large as the recording has it. */
  #whole({ value, claimed }: Operand): OnnxValue {
    if (sameTrials(value.trials, claimed)) return value;
    return this.#scope.expand(value, claimed);
  }
}

const isUniform = (values: ArrayLike<number>): boolean =>
  values.length > 0 && Array.from(values).every((value) => Object.is(value, values[0]));

/** The steps that the result depends on; checks are left out. */
function neededBy({ steps, result }: Recording): ReadonlySet<Step> {
  const payloads = new Set<Payload>([result.payload]);
  const needed = new Set<Step>();
  for (const step of [...steps].reverse()) {
    if (!step.outputs.some((output) => payloads.has(output))) continue;
    needed.add(step);
    for (const input of step.inputs) payloads.add(input);
  }
  return needed;
}
