import { expect } from '@jest/globals';
import type { DType } from '@tikhonov/core';
import type { Aval, View } from '@tikhonov/core/engine';
import { bytesOf } from '../../src/kernels/map/elements.ts';
import { dense, type Layout } from '../../src/layout/layout.ts';
import type { LoopRule, LoopSpec } from '../../src/lower/rule.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';

/** Given instead of results by a kernel that says that the eager one throws. */
export const thrown = 'thrown';

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function elements(memory: WebAssembly.Memory, dtype: DType, at: number, count: number): Numbers {
  if (dtype === 'float64') return new Float64Array(memory.buffer, at, count);
  if (dtype === 'float32') return new Float32Array(memory.buffer, at, count);
  if (dtype === 'uint32') return new Uint32Array(memory.buffer, at, count);
  return new Int32Array(memory.buffer, at, count);
}

/** Where the elements of a layout lie, in row-major order. */
function positions({ shape, strides, offset }: Layout): number[] {
  let found = [offset];
  for (const [k, n] of shape.entries()) {
    found = found.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * strides[k]!));
  }
  return found;
}

const layoutOf = ({ shape, stride, offset }: View): Layout => ({ shape, strides: stride, offset });

/** A dense view on fresh data. */
export function denseView(values: ArrayLike<number>, shape: readonly number[], dtype: DType): View {
  const data =
    dtype === 'bool'
      ? Uint8Array.from(values)
      : dtype === 'float32'
        ? Float32Array.from(values)
        : dtype === 'float64'
          ? Float64Array.from(values)
          : dtype === 'int32'
            ? Int32Array.from(values)
            : Uint32Array.from(values);
  return { dtype, data, shape, stride: dense(shape).strides, offset: 0 };
}

/** A view's elements in row-major order. */
export const elementsOf = (view: View): number[] =>
  positions(layoutOf(view)).map((at) => view.data[at]!);

/**
 * Runs a kernel on views, in a memory that is full of other bytes: it must write all elements of its
 * results, and nothing else but its scratch bytes. Gives the results, or `thrown`.
 */
export function runRule<Attrs>(
  rule: LoopRule<Attrs>,
  inputs: readonly View[],
  outputs: readonly Aval[],
  attrs: Attrs,
): View[] | typeof thrown {
  const views =
    rule.layouts === 'any' ? inputs : inputs.map((x) => denseView(elementsOf(x), x.shape, x.dtype));
  const spec: LoopSpec<Attrs> = {
    inputs: views.map((view) => ({ dtype: view.dtype, layout: layoutOf(view) })),
    outputs,
    attrs,
  };
  const scratchBytes = rule.scratch?.(spec) ?? 0;
  let end = 64;
  const place = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 16) * 16 + 32;
    return at;
  };
  const sources = views.map(({ data, dtype }) => place(data.length * bytesOf(dtype)));
  const targets = outputs.map(({ shape, dtype }) => place(sizeOf(shape) * bytesOf(dtype)));
  const scratch = place(scratchBytes);
  const pages = Math.ceil(end / 65536);

  const writer = new ModuleWriter(pages);
  const inner = rule.emit(writer, spec);
  const results = rule.fallible === true ? (['i32'] as const) : [];
  writer.function(
    [],
    results,
    (code) => {
      for (const at of [...sources, ...targets]) code.i32(at);
      if (scratchBytes > 0) code.i32(scratch);
      code.call(inner);
    },
    'run',
  );
  const memory = new WebAssembly.Memory({ initial: pages });
  const bytes = new Uint8Array(memory.buffer).fill(0xa5);
  for (const [i, { data, dtype }] of views.entries()) {
    const values = dtype === 'bool' ? Array.from(data, (x) => (x === 0 ? 0 : -1)) : data;
    elements(memory, dtype, sources[i]!, data.length).set(values);
  }
  const before = bytes.slice();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(writer.encode()), {
    env: { memory },
  });
  const failed = (exports.run as () => number | undefined)();

  const writable = [
    ...targets.map(
      (at, k) => [at, sizeOf(outputs[k]!.shape) * bytesOf(outputs[k]!.dtype)] as const,
    ),
    [scratch, scratchBytes] as const,
  ];
  for (const [at, length] of writable) before.set(bytes.subarray(at, at + length), at);
  // Every byte that is neither result nor scratch, inputs too.
  expect(bytes.findIndex((byte, i) => byte !== before[i])).toBe(-1);
  if (rule.fallible === true && failed !== 0) return thrown;
  return outputs.map(({ shape, dtype }, k) => {
    const raw = elements(memory, dtype, targets[k]!, sizeOf(shape));
    if (dtype !== 'bool') return denseView(raw, shape, dtype);
    expect([...raw].every((mask) => mask === 0 || mask === -1)).toBe(true);
    return denseView(
      Array.from(raw, (mask) => -mask),
      shape,
      dtype,
    );
  });
}
