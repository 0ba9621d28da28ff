export { OnnxExportError } from './error.ts';
export { type ExportOnnxOptions, exportOnnx } from './export-onnx.ts';
export type { InputShape } from './input-shape.ts';
export type { LayerClass } from './layer-class.ts';
export type { OnnxAttribute, OnnxAttributes } from './proto.ts';
export { type OnnxExporter, type OnnxLayer, onnxLayer } from './registry.ts';
export type { OnnxResult, OnnxScope, OnnxSlice } from './scope.ts';
export type { OnnxDType, OnnxValue, Trials as OnnxTrials } from './values.ts';
