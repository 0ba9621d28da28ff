import type { NodeRecord, OnnxAttributes, TensorRecord } from './proto.ts';
import { rawData } from './raw-data.ts';
import type { OnnxDType } from './values.ts';

/** Nodes and stored tensors in the order in which they were made, under names that are unique. */
export class GraphBuilder {
  readonly nodes: NodeRecord[] = [];
  readonly initializers: TensorRecord[] = [];
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, string>();

  /** The name itself, or with a number if it is taken. */
  unique(name: string): string {
    let free = name;
    for (let i = 1; this.#names.has(free); i++) free = `${name}_${i}`;
    this.#names.add(free);
    return free;
  }

  /** Appends a node named after the layer and the operation; returns the names of its outputs. */
  node(
    path: string,
    op: string,
    inputs: readonly string[],
    attributes: OnnxAttributes,
    count: number,
  ): readonly string[] {
    const name = this.unique(path === '' ? op : `${path}/${op}`);
    const outputs =
      count === 1 ? [name] : Array.from({ length: count }, (_, i) => this.unique(`${name}.${i}`));
    this.nodes.push({ name, op, inputs, outputs, attributes });
    return outputs;
  }

  /** Stores a tensor under a name of its own. */
  initializer(
    wanted: string,
    dtype: OnnxDType,
    dims: readonly number[],
    values: ArrayLike<number>,
  ): string {
    const name = this.unique(wanted);
    this.initializers.push({ name, dtype, dims, bytes: rawData(name, values, dtype) });
    return name;
  }

  /** Stores a small tensor that stands for no parameter; equal ones once. */
  constant(dtype: OnnxDType, dims: readonly number[], values: readonly number[]): string {
    // Not join alone, which makes "0" of -0.
    const text = values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join();
    const key = `${dtype}[${dims.join()}]:${text}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.initializer(`constant/${this.#constants.size}`, dtype, dims, values);
    this.#constants.set(key, name);
    return name;
  }

  /** Gives an output of a node another name. */
  rename(from: string, to: string): void {
    const swap = (names: readonly string[]): readonly string[] =>
      names.map((name) => (name === from ? to : name));
    for (const node of this.nodes) {
      node.inputs = swap(node.inputs);
      node.outputs = swap(node.outputs);
    }
  }
}
