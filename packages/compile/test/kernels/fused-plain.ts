import type { DType } from '@tikhonov/core';
import type { FusedSpec, Node, Target } from '../../src/kernels/fused/index.ts';
import { pointsOf, positionOf, type Result, storedAt } from './fused-harness.ts';
import type { RandomKernel } from './fused-random.ts';

/** A number as it is kept in a dtype. */
function stored(dtype: DType, value: number): number {
  if (dtype === 'float32') return Math.fround(value);
  if (dtype === 'int32') return value | 0;
  return dtype === 'uint32' ? value >>> 0 : value;
}

type Reduce = Extract<Node, { readonly kind: 'reduce' }>;

/** What a kernel computes, one element after the other. */
export class Plain {
  readonly #kernel: RandomKernel;
  readonly #results: readonly Result[];
  readonly #known = new Map<string, number>();
  readonly #overs: readonly (readonly number[])[];
  /** Sums that lie further from the exact one than their order explains. */
  readonly wrong: string[] = [];

  /** @param results  what was computed: sums that rounding makes depend on their order are taken from it */
  constructor(kernel: RandomKernel, results: readonly Result[]) {
    this.#kernel = kernel;
    this.#results = results;
    const { axes, reduced } = kernel.spec;
    this.#overs = pointsOf(axes.map((n, k) => (reduced[k] ? n : 1)));
  }

  /** The elements of a result. */
  result(output: Target): Result {
    return new Map(
      storedAt(this.#kernel.spec, output).map((point) => [
        positionOf(output, point),
        this.at(output.node, point),
      ]),
    );
  }

  at(index: number, point: readonly number[]): number {
    const key = `${index}:${point.join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const value = this.#compute(index, point);
    this.#known.set(key, value);
    return value;
  }

  #compute(index: number, point: readonly number[]): number {
    const { spec, storages, operations } = this.#kernel;
    const node = spec.nodes[index]!;
    switch (node.kind) {
      case 'constant':
        return node.dtype === 'bool' ? 0 - node.value : stored(node.dtype, node.value);
      case 'input':
        return storages[node.input]![positionOf(spec.inputs[node.input]!, point)]!;
      case 'map': {
        const args = node.args.map((arg) => this.at(arg, point));
        return stored(node.dtype, operations.get(index)!.plain(...args));
      }
      case 'reduce':
        return this.#reduce(index, node, rowOf(spec, point));
    }
  }

  #reduce(index: number, node: Reduce, row: readonly number[]): number {
    const { spec, exact } = this.#kernel;
    const known = this.#known.get(`${index}:${row.join()}`);
    if (known !== undefined) return known;
    const values = this.#overs.map((over) =>
      this.at(
        node.arg,
        row.map((i, k) => i + over[k]!),
      ),
    );
    const value = reduced(node, values);
    const at = spec.outputs.findIndex((output) => output.node === index);
    const got = this.#results[at]?.get(positionOf(spec.outputs[at]!, row));
    const isRounded = !exact && node.op !== 'max' && node.dtype.startsWith('float');
    if (got === undefined || !isRounded) {
      this.#known.set(`${index}:${row.join()}`, value);
      return value;
    }
    if (!(Math.abs(got - value) <= slack(node, values, value))) {
      this.wrong.push(`node ${index} at ${row}: ${got} instead of ${value}`);
    }
    this.#known.set(`${index}:${row.join()}`, got);
    return got;
  }
}

/** The first element of a point's row. */
const rowOf = ({ reduced }: FusedSpec, point: readonly number[]): number[] =>
  point.map((i, k) => (reduced[k] ? 0 : i));

function reduced({ op, dtype }: Reduce, values: readonly number[]): number {
  if (op === 'max') {
    const lowest = dtype === 'int32' ? -(2 ** 31) : dtype === 'uint32' ? 0 : -Infinity;
    return Math.max(lowest, ...values);
  }
  const terms = op === 'norm' ? values.map((x) => x * x) : values;
  const sum = terms.reduce((a, b) => a + b, 0);
  return stored(dtype, op === 'norm' ? Math.sqrt(sum) : sum);
}

/**
 * How far two orders of summation lie apart: `n eps` of the sum of magnitudes each, where squares are
 * rounded too; the root halves relative errors; and both are rounded once more.
 */
function slack({ op, dtype }: Reduce, values: readonly number[], value: number): number {
  const eps = 2 ** -53;
  const last = (dtype === 'float32' ? 2 ** -23 : 4 * eps) * Math.abs(value) + 2 ** -149;
  const n = values.length + 1;
  if (op === 'norm') return n * 2 * eps * value + last;
  return 2 * n * eps * values.reduce((a, x) => a + Math.abs(x), 0) + last;
}
