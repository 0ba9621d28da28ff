import { expect } from '@jest/globals';
import type { DType } from '@tikhonov/core';
import { emitFused, type FusedSpec, type Walk } from '../../src/kernels/fused/index.ts';
import { bytesOf } from '../../src/kernels/map/elements.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array;

function elements(buffer: ArrayBufferLike, dtype: DType, at: number, count: number): Numbers {
  if (dtype === 'float64') return new Float64Array(buffer, at, count);
  if (dtype === 'float32') return new Float32Array(buffer, at, count);
  if (dtype === 'uint32') return new Uint32Array(buffer, at, count);
  return new Int32Array(buffer, at, count);
}

/** All points of a box, in row-major order. */
export function pointsOf(sizes: readonly number[]): number[][] {
  let points: number[][] = [[]];
  for (const n of sizes) {
    points = points.flatMap((point) => Array.from({ length: n }, (_, i) => [...point, i]));
  }
  return points;
}

/** Where an operand is at a point of the domain, in elements. */
export const positionOf = ({ strides, offset }: Walk, point: readonly number[]): number =>
  point.reduce((at, i, k) => at + i * strides[k]!, offset);

/** The points at which a result is stored: all of them, or the first of every row. */
export function storedAt({ axes, reduced }: FusedSpec, { strides }: Walk): number[][] {
  const fills = axes.some((n, k) => reduced[k] && n !== 1 && strides[k] !== 0);
  return pointsOf(axes.map((n, k) => (reduced[k] && !fills ? 1 : n)));
}

/** The elements of a result by their position; none of the memory between them is written. */
export type Result = ReadonlyMap<number, number>;

/**
 * Runs a kernel in a memory full of other bytes: it must write the elements of its results, and nothing
 * else, its inputs neither.
 */
export function runFused(spec: FusedSpec, storages: readonly ArrayLike<number>[]): Result[] {
  let end = 64;
  const place = (dtype: DType, count: number): number => {
    const at = end;
    end += Math.ceil((count * bytesOf(dtype)) / 16) * 16 + 32;
    return at;
  };
  const written = spec.outputs.map((output) => [
    ...new Set(storedAt(spec, output).map((point) => positionOf(output, point))),
  ]);
  const sources = storages.map((values, i) => place(spec.inputs[i]!.dtype, values.length));
  const targets = spec.outputs.map(({ dtype }, k) => place(dtype, Math.max(0, ...written[k]!) + 1));
  const pages = Math.ceil(end / 65536);
  const writer = new ModuleWriter(pages);
  const inner = emitFused(writer, spec);
  writer.function(
    [],
    [],
    (code) => {
      for (const at of [...sources, ...targets]) code.i32(at);
      code.call(inner);
    },
    'run',
  );
  const memory = new WebAssembly.Memory({ initial: pages });
  const bytes = new Uint8Array(memory.buffer).fill(0xa5);
  for (const [i, values] of storages.entries()) {
    elements(memory.buffer, spec.inputs[i]!.dtype, sources[i]!, values.length).set(values);
  }
  const before = bytes.slice();
  const module = new WebAssembly.Module(writer.encode());
  (new WebAssembly.Instance(module, { env: { memory } }).exports.run as () => void)();
  return spec.outputs.map(({ dtype }, k) => {
    const size = bytesOf(dtype);
    const at = targets[k]!;
    const count = Math.max(0, ...written[k]!) + 1;
    const values = elements(memory.buffer, dtype, at, count);
    const found = new Map(written[k]!.map((position) => [position, values[position]!]));
    for (const position of written[k]!) {
      const from = at + position * size;
      before.set(bytes.subarray(from, from + size), from);
    }
    if (k === spec.outputs.length - 1) {
      expect(bytes.findIndex((byte, i) => byte !== before[i])).toBe(-1);
    }
    return found;
  });
}
