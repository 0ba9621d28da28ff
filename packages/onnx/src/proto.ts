import { PbfWriter } from 'pbf';
import type { OnnxDType } from './values.ts';

// The messages of onnx.proto3 that a model without subgraphs needs; the numbers are its field numbers.

/** Value of an attribute: a number is an integer, a string a string, and lists likewise. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number };

/** Attributes of a node by name. */
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

/** One operation. */
export interface NodeRecord {
  readonly name: string;
  readonly op: string;
  /** An empty name leaves an optional input out. */
  inputs: readonly string[];
  outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** A stored tensor. */
export interface TensorRecord {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly dims: readonly number[];
  /** Row-major, little-endian. */
  readonly bytes: Uint8Array;
}

/** An input or output: sizes are numbers, names of axes that vary, or `null` for those without a name. */
export interface ValueRecord {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly dims: readonly (number | string | null)[];
}

/** All that a file holds. */
export interface ModelRecord {
  readonly irVersion: number;
  readonly opset: number;
  readonly producer: string;
  readonly producerVersion: string;
  readonly name: string;
  readonly nodes: readonly NodeRecord[];
  readonly initializers: readonly TensorRecord[];
  readonly inputs: readonly ValueRecord[];
  readonly outputs: readonly ValueRecord[];
}

/** `TensorProto.DataType`. */
export const dataTypes: Readonly<Record<OnnxDType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint32: 12,
};

/** The file's bytes. */
export function encodeModel(model: ModelRecord): Uint8Array {
  const writer = new PbfWriter();
  writer.writeVarintField(1, model.irVersion);
  writer.writeStringField(2, model.producer);
  writer.writeStringField(3, model.producerVersion);
  writer.writeMessage(7, writeGraph, model);
  // The domain of the standard operators is the empty name, which is left out.
  writer.writeMessage(8, (opset, pbf) => pbf.writeVarintField(2, opset), model.opset);
  // A copy: what the writer holds is larger than what it wrote.
  return new Uint8Array(writer.finish());
}

function writeGraph(model: ModelRecord, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const tensor of model.initializers) pbf.writeMessage(5, writeTensor, tensor);
  for (const value of model.inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of model.outputs) pbf.writeMessage(12, writeValue, value);
}

function writeNode(node: NodeRecord, pbf: PbfWriter): void {
  for (const name of node.inputs) pbf.writeStringField(1, name);
  for (const name of node.outputs) pbf.writeStringField(2, name);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.op);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
}

function writeAttribute([name, value]: [string, OnnxAttribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeVarintField(20, writeAttributeValue(value, pbf));
}

/** Writes the value and returns the number of its `AttributeType`. */
function writeAttributeValue(value: OnnxAttribute, pbf: PbfWriter): number {
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    return 2;
  }
  if (typeof value === 'string') {
    pbf.writeStringField(4, value);
    return 3;
  }
  if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    return 1;
  }
  if (typeof value[0] === 'string') {
    for (const item of value) pbf.writeStringField(9, String(item));
    return 8;
  }
  for (const item of value) pbf.writeVarintField(8, Number(item));
  return 7;
}

function writeTensor({ name, dtype, dims, bytes }: TensorRecord, pbf: PbfWriter): void {
  for (const size of dims) pbf.writeVarintField(1, size);
  pbf.writeVarintField(2, dataTypes[dtype]);
  pbf.writeStringField(8, name);
  pbf.writeBytesField(9, bytes);
}

function writeValue({ name, dtype, dims }: ValueRecord, pbf: PbfWriter): void {
  const writeShape = (_: null, shape: PbfWriter): void => {
    for (const size of dims) shape.writeMessage(1, writeDimension, size);
  };
  const writeTensorType = (_: null, type: PbfWriter): void => {
    type.writeVarintField(1, dataTypes[dtype]);
    type.writeMessage(2, writeShape, null);
  };
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, (_, type) => type.writeMessage(1, writeTensorType, null), null);
}

function writeDimension(size: number | string | null, pbf: PbfWriter): void {
  if (typeof size === 'number') pbf.writeVarintField(1, size);
  else if (size !== null) pbf.writeStringField(2, size);
}
