import { describe, expect, test } from '@jest/globals';
import { fc } from '@tikhonov/check';
import type { DType } from '@tikhonov/core';
import { bytesOf } from '../../src/kernels/map/elements.ts';
import { emitMap, type MapSpec } from '../../src/kernels/map/map.ts';
import { dense, type Layout } from '../../src/layout/layout.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function elements(memory: WebAssembly.Memory, dtype: DType, at: number, count: number): Numbers {
  if (dtype === 'float64') return new Float64Array(memory.buffer, at, count);
  if (dtype === 'float32') return new Float32Array(memory.buffer, at, count);
  if (dtype === 'uint32') return new Uint32Array(memory.buffer, at, count);
  return new Int32Array(memory.buffer, at, count);
}

function positions({ shape, strides, offset }: Layout): number[] {
  let found = [offset];
  for (const [k, n] of shape.entries()) {
    found = found.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * strides[k]!));
  }
  return found;
}

/** Runs a map on the given storages; canaries around the results must survive. */
function run(spec: MapSpec, storages: readonly (readonly number[])[]): number[][] {
  const writer = new ModuleWriter(2);
  emitMap(writer, spec);
  const index = writer.function([], [], () => {});
  expect(index).toBe(1);
  let end = 64;
  const place = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 16) * 16 + 32;
    return at;
  };
  const size = sizeOf(spec.shape);
  const sources = storages.map((values, i) =>
    place(values.length * bytesOf(spec.inputs[i]!.dtype)),
  );
  const targets = spec.outputs.map((dtype) => place(size * bytesOf(dtype)));
  const called = new ModuleWriter(2);
  const inner = emitMap(called, spec);
  called.function(
    [],
    [],
    (code) => {
      for (const at of [...sources, ...targets]) code.i32(at);
      code.call(inner);
    },
    'run',
  );
  const memory = new WebAssembly.Memory({ initial: 2 });
  new Uint8Array(memory.buffer).fill(0xa5);
  for (const [i, values] of storages.entries()) {
    elements(memory, spec.inputs[i]!.dtype, sources[i]!, values.length).set(values);
  }
  const before = new Uint8Array(memory.buffer).slice();
  const module = new WebAssembly.Module(called.encode());
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.run as () => void)();
  const after = new Uint8Array(memory.buffer);
  const results = targets.map((at, k) => [...elements(memory, spec.outputs[k]!, at, size)]);
  for (const [k, at] of targets.entries())
    before.set(after.slice(at, at + size * bytesOf(spec.outputs[k]!)), at);
  expect(after.every((byte, i) => byte === before[i])).toBe(true);
  return results;
}

const spec = (fields: Partial<MapSpec> & Pick<MapSpec, 'shape' | 'body'>): MapSpec => ({
  width: 4,
  inputs: [],
  outputs: ['float32'],
  ...fields,
});

describe('a map', () => {
  test.each([0, 1, 3, 4, 5, 8, 11])('of %i elements', (n) => {
    const values = Array.from({ length: n }, (_, i) => i + 1);
    for (const [dtype, width] of [
      ['float32', 4],
      ['float64', 2],
    ] as const) {
      const input = { dtype, layout: dense([n]) };
      const [sum, product] = run(
        spec({
          shape: [n],
          width,
          inputs: [input, input],
          outputs: [dtype, dtype],
          body: ([x, y]) => [x!.add(y!), x!.mul(y!).add(x!.add(y!))],
        }),
        [values, values.map((v) => v * 10)],
      );
      expect(sum).toEqual(values.map((v) => v * 11));
      expect(product).toEqual(values.map((v) => v * v * 10 + v * 11));
    }
  });

  test('reads any strides: views, broadcasts, steps backwards', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.constantFrom(0, 1, 2, -1, 3), { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        (shape, draws, double) => {
          const dtype = double ? 'float64' : 'float32';
          const layouts = [0, 4].map((from): Layout => {
            const base = dense(shape);
            const strides = base.strides.map((stride, k) => stride * draws[from + k]!);
            const low = strides.reduce((at, s, k) => at + Math.min(0, s * (shape[k]! - 1)), 0);
            return { shape, strides, offset: -low + 2 };
          });
          const storages = layouts.map((layout, i) =>
            Array.from({ length: Math.max(...positions(layout)) + 1 }, (_, at) => at * (i + 2) + 1),
          );
          const [got] = run(
            spec({
              shape,
              width: double ? 2 : 4,
              inputs: layouts.map((layout) => ({ dtype, layout })),
              outputs: [dtype],
              body: ([x, y]) => [x!.mul(3).sub(y!)],
            }),
            storages,
          );
          const [a, b] = layouts.map((layout, i) =>
            positions(layout).map((at) => storages[i]![at]!),
          );
          expect(got).toEqual(a!.map((x, i) => x * 3 - b![i]!));
        },
      ),
      { numRuns: 300, seed: 6 },
    );
  });

  test('updates a dense input in place, each element once', () => {
    const writer = new ModuleWriter(1);
    const inner = emitMap(
      writer,
      spec({
        shape: [7],
        inputs: [{ dtype: 'float32', layout: dense([7]) }],
        body: ([x]) => [x!.mul(2)],
      }),
    );
    writer.function([], [], (code) => code.i32(32).i32(32).call(inner), 'run');
    const memory = new WebAssembly.Memory({ initial: 1 });
    const values = new Float32Array(memory.buffer, 32, 7);
    values.set([1, 2, 3, 4, 5, 6, 7]);
    const module = new WebAssembly.Module(writer.encode());
    (new WebAssembly.Instance(module, { env: { memory } }).exports.run as () => void)();
    expect([...values]).toEqual([2, 4, 6, 8, 10, 12, 14]);
  });

  test('makes masks and chooses by them, in both widths', () => {
    const values = [-2, -0, 0, NaN, 5];
    for (const [dtype, width] of [
      ['float32', 4],
      ['float64', 2],
    ] as const) {
      const input = { dtype, layout: dense([5]) };
      const [mask] = run(
        spec({ shape: [5], width, inputs: [input], outputs: ['bool'], body: ([x]) => [x!.lt(1)] }),
        [values],
      );
      expect(mask).toEqual([-1, -1, -1, 0, 0]);
      const [chosen] = run(
        spec({
          shape: [5],
          width,
          inputs: [{ dtype: 'bool', layout: dense([5]) }, input],
          outputs: [dtype],
          body: ([c, x]) => [c!.choose(x!, 7)],
        }),
        [mask!, values],
      );
      expect(chosen).toEqual([-2, -0, 0, 7, 7]);
    }
  });

  test('casts between all dtypes as typed arrays do', () => {
    const wild = [1.5, -1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e300, -1e300, NaN, Infinity, -0];
    for (const to of ['float32', 'int32', 'uint32', 'float64'] as const) {
      const [got] = run(
        spec({
          shape: [wild.length],
          width: 2,
          inputs: [{ dtype: 'float64', layout: dense([wild.length]) }],
          outputs: [to],
          body: ([x]) => [x!],
        }),
        [wild],
      );
      const array =
        to === 'float32'
          ? Float32Array.from(wild)
          : to === 'int32'
            ? Int32Array.from(wild)
            : to === 'uint32'
              ? Uint32Array.from(wild)
              : wild;
      expect(got).toEqual([...array]);
    }
    for (const from of ['int32', 'uint32', 'float32'] as const) {
      const values = from === 'uint32' ? [0, 1, 2 ** 32 - 1] : [-(2 ** 31), -1, 2 ** 24];
      const [got] = run(
        spec({
          shape: [3],
          width: 2,
          inputs: [{ dtype: from, layout: dense([3]) }],
          outputs: ['float64'],
          body: ([x]) => [x!],
        }),
        [values],
      );
      expect(got).toEqual(values);
    }
  });
});
