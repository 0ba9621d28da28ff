import type { Cell, DType, Tensor } from '@tikhonov/core';
import type { Payload } from '@tikhonov/core/engine';
import { type LayerLike, Module } from '@tikhonov/nn';
import { evaluationFormOf } from '@tikhonov/nn/engine';
import { OnnxExportError } from './error.ts';
import type { LayerClass } from './layer-class.ts';
import { dataTypes, type OnnxAttributes } from './proto.ts';
import { place, refuse } from './refuse.ts';
import type { OnnxResult, OnnxScope, OnnxSlice } from './scope.ts';
import type { Session } from './session.ts';
import { broadcastTrials, countOf, expandTarget, reshapeTarget, sliceInputs } from './sizes.ts';
import { TraceWriter } from './trace/write.ts';
import { type TensorFunction, trials } from './trials.ts';
import {
  fixed,
  makeValue,
  mapTrials,
  type OnnxDType,
  type OnnxValue,
  type Trials,
} from './values.ts';

/** The scope of a layer, or of a function, at a path of the model. */
export class LayerScope implements OnnxScope {
  readonly path: string;
  readonly output: Trials;
  readonly #session: Session;
  readonly #title: string;
  readonly #x: OnnxValue;

  constructor(session: Session, path: string, title: string, x: OnnxValue, output: Trials) {
    this.#session = session;
    this.#x = x;
    this.path = path;
    this.#title = title;
    this.output = output;
  }

  get opset(): number {
    return this.#session.settings.opset;
  }

  get dtype(): 'float32' | 'float64' {
    return this.#session.settings.dtype;
  }

  get isCausal(): boolean {
    this.#session.usedCausal = true;
    return this.#session.settings.isCausal;
  }

  op(
    type: string,
    inputs: readonly (OnnxValue | null)[],
    attributes: OnnxAttributes = {},
    result: OnnxResult = {},
  ): OnnxValue {
    return this.ops(type, inputs, attributes, [result])[0]!;
  }

  ops(
    type: string,
    inputs: readonly (OnnxValue | null)[],
    attributes: OnnxAttributes,
    results: readonly OnnxResult[],
  ): readonly OnnxValue[] {
    const given = inputs.filter((input) => input !== null);
    const names = inputs.map((input) => input?.name ?? '');
    const outputs = this.#session.builder.node(this.path, type, names, attributes, results.length);
    const shared = broadcastTrials(given.map(({ trials }) => trials));
    return results.map(({ dtype = given[0]!.dtype, trials = shared }, i) =>
      makeValue(outputs[i]!, this.#session.dtypeOf(dtype), trials),
    );
  }

  parameter(cell: Cell): OnnxValue {
    return (
      this.#session.parameter(cell) ??
      this.fail(
        'it uses a cell that is not part of the model',
        'Keep it in a property of the model, so that it has a name in stateDict().',
      )
    );
  }

  constant(values: readonly number[], dims: readonly number[], dtype: OnnxDType): OnnxValue {
    const type = this.#session.dtypeOf(dtype);
    const name = this.#session.builder.constant(type, dims, values);
    return makeValue(name, type, fixed(dims));
  }

  number(value: number): OnnxValue {
    return this.constant([value], [], this.dtype);
  }

  integers(values: readonly number[]): OnnxValue {
    return this.constant(values, [values.length], 'int64');
  }

  stored(name: string, value: Tensor): OnnxValue {
    return this.#session.store(this.path === '' ? name : `${this.path}.${name}`, value);
  }

  cellOf(payload: Payload): Cell | undefined {
    return this.#session.payloads.get(payload);
  }

  layer(name: string, part: LayerLike, x: OnnxValue): OnnxValue {
    return writeLayer(this.#session, this.path === '' ? name : `${this.path}.${name}`, part, x);
  }

  as<Layer extends Module>(layerClass: LayerClass<Layer>, layer: Layer, x: OnnxValue): OnnxValue {
    const exporter = this.#session.settings.exporters.get(layerClass);
    if (exporter !== undefined) return exporter(layer, x, this);
    return this.fail(
      `there is no exporter for ${layerClass.name}`,
      'Pass one: { exporters: [onnxLayer(Class, exporter)] }.',
    );
  }

  trace(f: (x: Tensor) => Tensor, x: OnnxValue): OnnxValue {
    const recordings = trials(this.#session, this.path, this.#title, f, x);
    return new TraceWriter(this, recordings, x).write();
  }

  cast(x: OnnxValue, dtype: OnnxDType): OnnxValue {
    return this.op('Cast', [x], { to: dataTypes[dtype] }, { dtype });
  }

  reshape(x: OnnxValue, to: Trials): OnnxValue {
    const target =
      reshapeTarget(x.trials, to) ??
      this.fail(
        'it gives sizes to more than one axis that depend on dynamic axes in new ways',
        'Give those axes fixed sizes in inputShape.',
      );
    return this.op('Reshape', [x, this.integers(target)], {}, { trials: to });
  }

  expand(x: OnnxValue, to: Trials): OnnxValue {
    const input = this.#x;
    const target =
      expandTarget(x.trials, to, input.trials) ??
      this.fail(
        'it repeats a value along a dynamic axis that is none of its input',
        'Give the axes that it depends on fixed sizes in inputShape.',
      );
    const numbers = target.filter((size) => typeof size === 'number');
    if (numbers.length === target.length) {
      return this.op('Expand', [x, this.integers(numbers)], {}, { trials: to });
    }
    const shape = this.#shape();
    const sizes = target.map((size) =>
      typeof size === 'number'
        ? this.integers([size])
        : this.op('Gather', [shape, this.integers([size.axis])], { axis: 0 }),
    );
    const joined = this.op('Concat', sizes, { axis: 0 }, { dtype: 'int64' });
    return this.op('Expand', [x, joined], {}, { trials: to });
  }

  count(first: number, second: number, dtype: DType): OnnxValue | undefined {
    const found = countOf(this.#x.trials, first, second);
    if (found === undefined) return undefined;
    const sizes = this.op('Gather', [this.#shape(), this.integers(found.axes)], { axis: 0 });
    const product = this.op('ReduceProd', [sizes], { keepdims: 0 }, { trials: fixed([]) });
    const count = this.cast(product, this.#session.dtypeOf(dtype));
    return found.factor === 1
      ? count
      : this.op('Mul', [count, this.constant([found.factor], [], dtype)]);
  }

  /** The sizes of the layer's input when the file is run. */
  #shape(): OnnxValue {
    const trials = fixed([this.#x.shape.length]);
    return this.op('Shape', [this.#x], {}, { dtype: 'int64', trials });
  }

  slice(x: OnnxValue, slices: readonly [OnnxSlice, OnnxSlice], to: Trials): OnnxValue {
    const lists =
      sliceInputs(x.trials, slices) ??
      this.fail(
        'it slices a dynamic axis at a place that depends on its size',
        'Give that axis a fixed size in inputShape.',
      );
    if (lists[0]!.length === 0) return x;
    const inputs = [x, ...lists.map((list) => this.integers(list))];
    return this.op('Slice', inputs, {}, { trials: to });
  }

  reduce(
    type: 'ReduceSum' | 'ReduceMax' | 'ReduceMean',
    x: OnnxValue,
    axes: readonly number[],
    to: Trials,
  ): OnnxValue {
    // The axes of all but sums became an input with opset 18.
    return type === 'ReduceSum' || this.opset >= 18
      ? this.op(type, [x, this.integers(axes)], { keepdims: 1 }, { trials: to })
      : this.op(type, [x], { axes, keepdims: 1 }, { trials: to });
  }

  unsqueeze(x: OnnxValue, axis: number): OnnxValue {
    const to = mapTrials(x.trials, (sizes) => sizes.toSpliced(axis, 0, 1));
    return this.op('Unsqueeze', [x, this.integers([axis])], {}, { trials: to });
  }

  squeeze(x: OnnxValue, axis: number): OnnxValue {
    const to = mapTrials(x.trials, (sizes) => sizes.toSpliced(axis, 1));
    return this.op('Squeeze', [x, this.integers([axis])], {}, { trials: to });
  }

  fail(what: string, hint: string): never {
    throw new OnnxExportError(`exportOnnx: ${place(this.path, this.#title)}: ${what}.\n  ${hint}`);
  }
}

/** Writes a layer or function under a path of the model. */
export function writeLayer(
  session: Session,
  path: string,
  part: LayerLike,
  x: OnnxValue,
  title: string = part instanceof Module ? part.constructor.name : 'a function',
): OnnxValue {
  const body: TensorFunction =
    part instanceof Module ? (input) => part.forward(input) : (input) => part(input);
  const { exporters, functions } = session.settings;
  const exporter =
    part instanceof Module && !Object.hasOwn(part, 'forward')
      ? exporters.get(part.constructor)
      : undefined;
  if (part instanceof Module && exporter === undefined) {
    if (Object.hasOwn(part, 'forward')) refuse(path, part, exporters);
    const form = evaluationFormOf(part);
    if (form === null) return isIdentity(session, body, x) ? x : refuse(path, part, exporters);
    session.adopt(form, path);
    return writeLayer(session, path, form, x, title);
  }
  const [first, second] = trials(session, path, title, body, x);
  const output: Trials = [first.result.shape, second.result.shape];
  const scope = new LayerScope(session, path, title, x, output);
  if (part instanceof Module) {
    const y = exporter!(part, x, scope);
    return makeValue(y.name, y.dtype, output);
  }
  const known = functions.get(part);
  const y =
    known === undefined ? new TraceWriter(scope, [first, second], x).write() : known(x, scope);
  return makeValue(y.name, y.dtype, output);
}

/**
 * Whether a layer hands its input on as it is: noise and the like are off in evaluation. What it computes beside that,
 * such as whether a rate in a cell is in bounds, leads nowhere.
 */
function isIdentity(session: Session, body: TensorFunction, x: OnnxValue): boolean {
  // Sizes of 1 too, as trials have large ones: a layer may act on small batches only.
  const least = x.shape.map((size) => size ?? 1);
  try {
    return trials(session, '', '', body, { ...x, trials: [least, x.trials[1]] }).every(
      ({ input, result }) => result.payload === input,
    );
  } catch {
    // What it refuses is told by those who know its class.
    return false;
  }
}
