import { kindOf, type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import { Module } from '@tikhonov/nn';
import { OnnxExportError } from './error.ts';
import { type InputShape, parseInputShape } from './input-shape.ts';
import { writeLayer } from './layer-scope.ts';
import { activationFunctions } from './layers/activations.ts';
import { exportersWith } from './layers/exporters.ts';
import { encodeModel } from './proto.ts';
import type { OnnxLayer } from './registry.ts';
import { Session } from './session.ts';
import { version } from './version.ts';

/** Options of `exportOnnx`. */
export interface ExportOnnxOptions {
  /**
   * Sizes of the input, batch included. A name makes an axis dynamic: any size fits when the file is run,
   * the same for axes of the same name. `null` makes one dynamic without a name.
   */
  readonly inputShape: InputShape;
  /** `'int32'` for a model that begins with an `Embedding`. @defaultValue as `dtype` */
  readonly inputDtype?: 'float32' | 'float64' | 'int32';
  /**
   * The type of all floating values in the file. Few runtimes have float64 kernels for more than products
   * and plain arithmetic, so float64 models are rounded by default. @defaultValue 'float32'
   */
  readonly dtype?: 'float32' | 'float64';
  /** The version of the standard operators, 17 to 21. @defaultValue 17 */
  readonly opset?: number;
  /** Whether attention looks backwards only, as `forward(x, { isCausal: true })`. @defaultValue false */
  readonly isCausal?: boolean;
  /** Of the graph. @defaultValue the class of the model */
  readonly name?: string;
  /** @defaultValue 'input' */
  readonly inputName?: string;
  /** @defaultValue 'output' */
  readonly outputName?: string;
  /** How layers of other classes are written; `onnxLayer` makes them. */
  readonly exporters?: readonly OnnxLayer[];
}

const known: OptionNames<ExportOnnxOptions> = {
  inputShape: true,
  inputDtype: true,
  dtype: true,
  opset: 'number',
  isCausal: 'boolean',
  name: 'string',
  inputName: 'string',
  outputName: 'string',
  exporters: true,
};

/** The version of the file format that came with each version of the operators. */
const irVersions: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

/** Protocol buffers end there. */
const limit = 2 ** 31 - 1;

/**
 * A model as the bytes of an ONNX file: what it computes in evaluation, `model.forward(x)`. Layers become
 * the operators that ONNX has for them, functions in between the operations that they run, and parameters
 * are stored under their names in `stateDict()`.
 *
 * @param model  a module whose `forward` takes a tensor and returns one
 * @returns the file
 * @throws OnnxExportError for a layer that has no exporter or cannot be written, naming its path; TypeError
 * and RangeError for options out of range
 * @see https://onnx.ai/onnx/repo-docs/IR.html
 * @example
 * ```ts
 * import { exportOnnx } from 'tikhonov/onnx';
 *
 * const model = nn.mlp([4, 8, 3], { seed: 0 });
 * const bytes = exportOnnx(model, { inputShape: ['batch', 4] });
 * bytes instanceof Uint8Array; // => true
 * ```
 */
export function exportOnnx(model: Module, options: ExportOnnxOptions): Uint8Array {
  const name = 'exportOnnx';
  if (!(model instanceof Module) || !('forward' in model) || typeof model.forward !== 'function') {
    const seen = model instanceof Module ? `a ${model.describe()} without forward` : kindOf(model);
    throw new TypeError(`${name}: needs a Module with forward(x), got ${seen}.`);
  }
  requireOptions(name, options, known);
  const { opset = 17, dtype = 'float32', isCausal = false, exporters = [] } = options;
  const { inputName = 'input', outputName = 'output', inputDtype = dtype } = options;
  requireSettings(opset, dtype, inputDtype, inputName, outputName);
  requireExporters(exporters);
  const axes = parseInputShape(options.inputShape);
  const settings = { opset, dtype, isCausal, exporters: exportersWith(exporters) };
  const session = new Session(
    model,
    { ...settings, functions: activationFunctions },
    { name: inputName, dtype: inputDtype, trials: axes.trials },
  );
  const { builder, input } = session;
  builder.unique(outputName);
  // One cast: that it has a forward was checked, that this takes a tensor shows when it is called.
  const given = writeLayer(session, '', model as Module & { forward(x: never): never }, input);
  if (isCausal && !session.usedCausal) {
    throw new OnnxExportError(
      `${name}: isCausal is true, but no layer of the model attends to anything.\n  Leave it out.`,
    );
  }
  const isOwn = builder.nodes.some(({ outputs }) => outputs.includes(given.name));
  if (isOwn) builder.rename(given.name, outputName);
  else
    builder.nodes.push({
      name: builder.unique('Identity'),
      op: 'Identity',
      inputs: [given.name],
      outputs: [outputName],
      attributes: {},
    });
  const bytes = builder.initializers.reduce((sum, tensor) => sum + tensor.bytes.length, 0);
  if (bytes > limit) {
    throw new OnnxExportError(
      `${name}: the parameters take ${bytes} bytes, and one ONNX file holds ${limit}.\n  Export parts of the model.`,
    );
  }
  return encodeModel({
    irVersion: irVersions[opset]!,
    opset,
    producer: 'tikhonov',
    producerVersion: version,
    name: options.name ?? model.constructor.name,
    nodes: builder.nodes,
    initializers: builder.initializers,
    inputs: [{ name: inputName, dtype: inputDtype, dims: axes.names }],
    outputs: [{ name: outputName, dtype: given.dtype, dims: axes.namesOf(given.trials) }],
  });
}

function requireSettings(
  opset: number,
  dtype: string,
  inputDtype: string,
  inputName: string,
  outputName: string,
): void {
  if (!Object.hasOwn(irVersions, opset)) {
    throw new RangeError(
      `exportOnnx: opset must be an integer from 17 to 21, got ${showValue(opset)}.\n  17 is what most runtimes take.`,
    );
  }
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new TypeError(
      `exportOnnx: dtype must be 'float32' or 'float64', got ${showValue(dtype)}.`,
    );
  }
  if (inputDtype !== dtype && inputDtype !== 'int32') {
    throw new TypeError(
      `exportOnnx: inputDtype must be 'int32' or the file's dtype '${dtype}', got ${showValue(inputDtype)}.`,
    );
  }
  if (inputName === '' || outputName === '' || inputName === outputName) {
    throw new TypeError(
      `exportOnnx: inputName and outputName must differ and not be empty, got ${showValue(inputName)} and ${showValue(outputName)}.`,
    );
  }
}

function requireExporters(exporters: readonly OnnxLayer[]): void {
  const list: unknown = exporters;
  const fits =
    Array.isArray(list) &&
    list.every((item: unknown) => {
      return (
        typeof item === 'object' && item !== null && 'layerClass' in item && 'exporter' in item
      );
    });
  if (fits) return;
  throw new TypeError(
    `exportOnnx: exporters must be an array of what onnxLayer returns, got ${kindOf(list)}.\n  For example [onnxLayer(Scale, (layer, x, scope) => scope.op('Mul', [x, scope.parameter(layer.gain)]))].`,
  );
}
