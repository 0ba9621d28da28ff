import type { DType } from '@tikhonov/core';
import { type AnyPrimitive, type Aval, primitives, type View } from '@tikhonov/core/engine';
import { bytesOf, type Width } from '../../../src/kernels/map/elements.ts';
import { emitMap } from '../../../src/kernels/map/map.ts';
import { dense } from '../../../src/layout/layout.ts';
import { allLowerings } from '../../../src/lower/all.ts';
import { ModuleWriter } from '../../../src/wasm/module.ts';
import { Draw } from '../../math/harness.ts';

export const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint32', 'bool'];

/** A primitive by its name. */
export function named(name: string): AnyPrimitive {
  const found = primitives.find((known) => known.name === name);
  if (found === undefined) throw new Error(`no primitive is called ${name}`);
  return found.primitive;
}

const store = (dtype: DType, buffer: ArrayBuffer, at: number, n: number): View['data'] =>
  dtype === 'float64'
    ? new Float64Array(buffer, at, n)
    : dtype === 'float32'
      ? new Float32Array(buffer, at, n)
      : dtype === 'uint32'
        ? new Uint32Array(buffer, at, n)
        : new Int32Array(buffer, at, n);

/** Numbers as the dtype holds them. */
export function viewOf(dtype: DType, values: readonly number[]): View {
  const n = values.length;
  const data =
    dtype === 'bool'
      ? Uint8Array.from(values, (value) => Number(value !== 0))
      : store(dtype, new ArrayBuffer(n * bytesOf(dtype)), 0, n);
  if (dtype !== 'bool') data.set(values);
  return { dtype, data, shape: [n], stride: [1], offset: 0 };
}

/** The widths in which a map over these dtypes may run. */
export const widthsOf = (avals: readonly Aval[]): readonly Width[] =>
  avals.some(({ dtype }) => dtype === 'float64') ? [2] : [4, 2];

/** The rule's elements, bools as 0 and 1. */
export function lowered(
  primitive: AnyPrimitive,
  inputs: readonly View[],
  attrs: unknown,
  width: Width,
): number[] {
  const rule = allLowerings.maps.get(primitive.name);
  if (rule === undefined || primitive.kind !== 'single') throw new Error(primitive.name);
  const output = primitive.infer(inputs, attrs);
  const n = inputs[0]!.shape[0]!;
  const room = (dtype: DType): number => Math.ceil((n * bytesOf(dtype)) / 16) * 16;
  const starts: number[] = [];
  let end = 0;
  for (const { dtype } of [...inputs, output]) {
    starts.push(end);
    end += room(dtype);
  }
  const pages = Math.ceil((end + 1) / 65536);
  const writer = new ModuleWriter(pages);
  const inner = emitMap(writer, {
    shape: [n],
    width,
    inputs: inputs.map(({ dtype }) => ({ dtype, layout: dense([n]) })),
    outputs: [output.dtype],
    body: (lanes, into) => [rule.emit(lanes, attrs, { into, width, inputs, output })],
  });
  const body = (code: Parameters<Parameters<typeof writer.function>[2]>[0]): void => {
    for (const at of starts) code.i32(at);
    code.call(inner);
  };
  writer.function([], [], body, 'run');
  const memory = new WebAssembly.Memory({ initial: pages });
  for (const [i, { dtype, data }] of inputs.entries()) {
    const target = store(dtype, memory.buffer, starts[i]!, n);
    for (let k = 0; k < n; k++) target[k] = dtype === 'bool' ? -data[k]! : data[k]!;
  }
  const module = new WebAssembly.Module(writer.encode());
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.run as () => void)();
  const got = store(output.dtype, memory.buffer, starts.at(-1)!, n);
  return Array.from(got, (value) => (output.dtype === 'bool' ? asBit(value) : value));
}

function asBit(mask: number): number {
  if (mask !== 0 && mask !== -1) throw new Error(`${mask} is no mask`);
  return -mask + 0;
}

/** The eager kernel's elements. */
export function expected(
  primitive: AnyPrimitive,
  inputs: readonly View[],
  attrs: unknown,
): number[] {
  if (primitive.kind !== 'single') throw new Error(primitive.name);
  return Array.from(primitive.forward(inputs, attrs).data);
}

/** The first few places where two lists differ in bits (but for those of NaN), in words. */
export function differences(
  got: readonly number[],
  want: readonly number[],
  inputs: readonly View[],
): string[] {
  const found: string[] = [];
  for (let k = 0; k < want.length && found.length < 5; k++) {
    if (Object.is(got[k], want[k])) continue;
    const at = inputs.map(({ data }) => showNumber(data[k]!)).join(', ');
    found.push(`(${at}) -> ${showNumber(got[k]!)}, not ${showNumber(want[k]!)}`);
  }
  return found;
}

const showNumber = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));

const halves = [0.5, 1.5, 2.5, 3.5, 2 ** 22 + 0.5, 2 ** 51 + 0.5];
const powers = [2 ** 23, 2 ** 24 - 1, 2 ** 31, 2 ** 32, 2 ** 33 + 2 ** 10, 2 ** 52 + 1, 2 ** 63];
const tiny = [5e-324, 2 ** -1022, 1e-45, 2 ** -126, 1e-40];
const others = [0.1, 0.3, 0.49999997, 1, 2, 3, 7.25, 2147483520, 4294967040];
const huge = [1e20, 1e38, 3.4028234663852886e38, 1e300, Number.MAX_VALUE];
const floats = [0, ...halves, ...powers, ...tiny, ...others, ...huge, Infinity].flatMap((x) => [
  x,
  -x,
]);

/** Special numbers of a dtype. */
export function specials(dtype: DType): readonly number[] {
  if (dtype === 'bool') return [0, 1];
  if (dtype === 'float32' || dtype === 'float64') return [...floats, Number.NaN];
  const whole = [0, 1, 2, 3, 5, 7, 10, 1000, 65535, 65536, 2 ** 24 + 1, 2 ** 31 - 1, 2 ** 30 + 7];
  return dtype === 'int32'
    ? whole.flatMap((x) => [x, -x]).concat(-(2 ** 31))
    : [...whole, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32 - 2];
}

/** Every tuple of special numbers, by operands: `product(['float32', 'float32'])` are all pairs. */
export function product(kinds: readonly DType[]): number[][] {
  let tuples: number[][] = [[]];
  for (const dtype of kinds) {
    tuples = tuples.flatMap((tuple) => specials(dtype).map((value) => [...tuple, value]));
  }
  return kinds.map((_, i) => tuples.map((tuple) => tuple[i]!));
}

/** Bit patterns and numbers of moderate size, in turn. */
export function random(dtype: DType, n: number, seed: number): number[] {
  const draw = new Draw(seed);
  const bits = new DataView(new ArrayBuffer(8));
  return Array.from({ length: n }, (_, k) => {
    if (dtype === 'bool') return draw.word() & 1;
    if (dtype === 'int32') return k % 2 === 0 ? draw.word() | 0 : (draw.word() % 41) - 20;
    if (dtype === 'uint32') return k % 2 === 0 ? draw.word() : draw.word() % 20;
    bits.setUint32(0, draw.word());
    bits.setUint32(4, draw.word());
    if (k % 3 === 0) return dtype === 'float32' ? bits.getFloat32(0) : bits.getFloat64(0);
    return k % 3 === 1 ? draw.between(-10, 10) : Math.round(draw.between(-40, 40)) / 4;
  });
}
