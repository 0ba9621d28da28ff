import { Module } from '@tikhonov/nn';
import type { LayerClass } from './layer-class.ts';
import type { OnnxScope } from './scope.ts';
import type { OnnxValue } from './values.ts';

/**
 * Writes what a layer computes in evaluation.
 *
 * @param layer  the layer
 * @param x  its input
 * @param scope  makes nodes and stored tensors under the layer's path
 * @returns its output
 */
export type OnnxExporter<Layer extends Module = Module> = (
  layer: Layer,
  x: OnnxValue,
  scope: OnnxScope,
) => OnnxValue;

/** How the layers of one class are written; `onnxLayer` makes it. */
export interface OnnxLayer {
  readonly layerClass: LayerClass;
  readonly exporter: OnnxExporter;
}

/**
 * Says how layers of a class are written, for the option `exporters` of `exportOnnx`. It counts for that
 * class only, not for classes that extend it, and before what is built in.
 *
 * @throws TypeError unless given a class of modules and a function
 * @example
 * ```ts
 * import { exportOnnx, onnxLayer } from 'tikhonov/onnx';
 *
 * class Scale extends nn.Module {
 *   gain = parameter(tensor([2]));
 *   forward(x: Tensor): Tensor {
 *     return x.mul(this.gain);
 *   }
 * }
 * const scale = onnxLayer(Scale, (layer, x, scope) =>
 *   scope.op('Mul', [x, scope.parameter(layer.gain)]),
 * );
 * const bytes = exportOnnx(new Scale(), { inputShape: ['batch', 3], exporters: [scale] });
 * bytes instanceof Uint8Array; // => true
 * ```
 */
export function onnxLayer<Layer extends Module>(
  layerClass: LayerClass<Layer>,
  exporter: OnnxExporter<Layer>,
): OnnxLayer {
  const isClass =
    typeof layerClass === 'function' &&
    ((layerClass as LayerClass) === Module || layerClass.prototype instanceof Module);
  if (!isClass || typeof exporter !== 'function') {
    throw new TypeError(
      `onnxLayer: needs a class that extends Module and a function, got ${typeof layerClass} and ${typeof exporter}.\n` +
        '  For example onnxLayer(Scale, (layer, x, scope) => scope.op("Mul", [x, scope.parameter(layer.gain)])).',
    );
  }
  // One cast, where the types are known to agree: it is only called with layers of this class.
  const erased: unknown = exporter;
  return { layerClass, exporter: erased as OnnxExporter };
}

/** Exporters by class. */
export type Exporters = ReadonlyMap<unknown, OnnxExporter>;

/** The exporters of a list by class; later ones win. */
export const byClass = (layers: readonly OnnxLayer[]): Exporters =>
  new Map(layers.map(({ layerClass, exporter }) => [layerClass, exporter]));
