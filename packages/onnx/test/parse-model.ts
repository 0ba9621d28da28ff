import { PbfReader } from 'pbf';

/** A message as its fields say, without knowledge of what the writer meant. */
type Fields = Map<number, (number | Uint8Array)[]>;

function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  const reader = new PbfReader(bytes);
  reader.readFields((tag, into: Fields, pbf) => {
    const value =
      pbf.type === 0
        ? pbf.readVarint(true)
        : pbf.type === 5
          ? pbf.readFloat()
          : new Uint8Array(pbf.readBytes());
    into.set(tag, [...(into.get(tag) ?? []), value]);
  }, fields);
  return fields;
}

const all = (fields: Fields, tag: number): Uint8Array[] =>
  (fields.get(tag) ?? []).filter((value) => value instanceof Uint8Array);
const numbers = (fields: Fields, tag: number): number[] =>
  (fields.get(tag) ?? []).filter((value) => typeof value === 'number');
const texts = (fields: Fields, tag: number): string[] =>
  all(fields, tag).map((bytes) => new TextDecoder().decode(bytes));

/** A node as the file has it. */
export interface ParsedNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A stored tensor as the file has it. */
export interface ParsedTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** An input or output as the file has it. */
export interface ParsedValue {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly (number | string | null)[];
}

/** What a file says. */
export interface ParsedModel {
  readonly irVersion: number;
  readonly producer: readonly string[];
  readonly opsets: readonly number[];
  readonly graph: string;
  readonly nodes: readonly ParsedNode[];
  readonly initializers: readonly ParsedTensor[];
  readonly inputs: readonly ParsedValue[];
  readonly outputs: readonly ParsedValue[];
}

/** Reads an ONNX file by the field numbers of onnx.proto3. */
export function parseModel(bytes: Uint8Array): ParsedModel {
  const model = fieldsOf(bytes);
  const graph = fieldsOf(all(model, 7)[0]!);
  return {
    irVersion: numbers(model, 1)[0]!,
    producer: [...texts(model, 2), ...texts(model, 3)],
    opsets: all(model, 8).flatMap((opset) => numbers(fieldsOf(opset), 2)),
    graph: texts(graph, 2)[0]!,
    nodes: all(graph, 1).map(parseNode),
    initializers: all(graph, 5).map(parseTensor),
    inputs: all(graph, 11).map(parseValue),
    outputs: all(graph, 12).map(parseValue),
  };
}

function parseNode(bytes: Uint8Array): ParsedNode {
  const node = fieldsOf(bytes);
  const attributes = all(node, 5).map((item): [string, unknown] => {
    const fields = fieldsOf(item);
    const values: Record<number, unknown> = {
      1: numbers(fields, 2)[0],
      2: numbers(fields, 3)[0],
      3: texts(fields, 4)[0],
      7: numbers(fields, 8),
      8: texts(fields, 9),
    };
    return [texts(fields, 1)[0]!, values[numbers(fields, 20)[0]!]];
  });
  return {
    inputs: texts(node, 1),
    outputs: texts(node, 2),
    name: texts(node, 3)[0]!,
    op: texts(node, 4)[0]!,
    attributes: Object.fromEntries(attributes),
  };
}

function parseTensor(bytes: Uint8Array): ParsedTensor {
  const fields = fieldsOf(bytes);
  return {
    dims: numbers(fields, 1),
    type: numbers(fields, 2)[0]!,
    name: texts(fields, 8)[0]!,
    bytes: all(fields, 9)[0]!,
  };
}

function parseValue(bytes: Uint8Array): ParsedValue {
  const value = fieldsOf(bytes);
  const tensor = fieldsOf(all(fieldsOf(all(value, 2)[0]!), 1)[0]!);
  const shape = fieldsOf(all(tensor, 2)[0]!);
  return {
    name: texts(value, 1)[0]!,
    type: numbers(tensor, 1)[0]!,
    dims: all(shape, 1).map((item) => {
      const dim = fieldsOf(item);
      return numbers(dim, 1)[0] ?? texts(dim, 2)[0] ?? null;
    }),
  };
}
