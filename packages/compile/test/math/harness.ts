import { primitives, type View } from '@tikhonov/core/engine';
import {
  type Emitter,
  type FloatLanes,
  type FunctionName,
  functions,
} from '../../src/math/index.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';

// Inside a test, globals are looked up slowly.
const { abs, ceil, clz32, imul, max } = Math;

export type Floats = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export const laneTypes: readonly FloatLanes[] = ['f32x4', 'f64x2'];
export const names = Object.keys(functions) as FunctionName[];

/** Points per function and type; a soak test sets the variable. */
export const points: number = Number(process.env.TIKHONOV_MATH_POINTS ?? 4000);

/** A module that applies an emitter to vectors in memory; inputs one after the other, then outputs. */
export function vectorLoop(
  emit: Emitter,
  type: FloatLanes,
  arity: number,
  bytes: number,
): { readonly memory: WebAssembly.Memory; readonly run: () => void } {
  const pages = ceil((bytes * (arity + 1)) / 65536);
  const writer = new ModuleWriter(pages);
  writer.function(
    [],
    [],
    (code) => {
      const at = code.local('i32');
      code.loop((again) => {
        code.get(at);
        for (let k = 0; k < arity; k++) code.get(at).memory('v128.load', k * bytes);
        emit(code, type);
        code.memory('v128.store', arity * bytes);
        code.get(at).i32(16).op('i32.add').tee(at).i32(bytes).op('i32.lt_u');
        again(true);
      });
    },
    'run',
  );
  const memory = new WebAssembly.Memory({ initial: pages });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(writer.encode()), {
    env: { memory },
  });
  return { memory, run: exports.run as () => void };
}

const allocate = (type: FloatLanes, n: number): Floats =>
  type === 'f32x4' ? new Float32Array(n) : new Float64Array(n);

/** A function of the registry on arrays of any length. */
export function compiled(name: FunctionName, type: FloatLanes, args: readonly Floats[]): Floats {
  const n = args[0]!.length;
  const bytes = ceil((n * args[0]!.BYTES_PER_ELEMENT) / 16) * 16;
  const { memory, run } = vectorLoop(functions[name].emit, type, args.length, bytes);
  args.forEach((values, k) => {
    if (type === 'f32x4') new Float32Array(memory.buffer, k * bytes, n).set(values);
    else new Float64Array(memory.buffer, k * bytes, n).set(values);
  });
  run();
  const out = allocate(type, n);
  const from = args.length * bytes;
  if (type === 'f32x4') out.set(new Float32Array(memory.buffer, from, n));
  else out.set(new Float64Array(memory.buffer, from, n));
  return out;
}

/** The eager kernel of a primitive, in the dtype of its inputs. */
export function eager(name: string, inputs: readonly View[]): View['data'] {
  const primitive = primitives.find((known) => known.name === name)?.primitive;
  if (primitive?.kind !== 'single') throw new Error(`no primitive is called ${name}`);
  return primitive.forward(inputs, null).data;
}

export const viewOf = (
  data: View['data'],
  dtype: View['dtype'],
  shape: readonly number[] = [data.length],
): View => ({
  dtype,
  data,
  shape,
  stride: shape.map((_, k) => shape.slice(k + 1).reduce((a, b) => a * b, 1)),
  offset: 0,
});

/** The eager float64 kernel on values of either type. */
export const eagerDouble = (name: string, args: readonly Floats[]): Float64Array =>
  eager(
    name,
    args.map((values) => viewOf(Float64Array.from(values), 'float64')),
  ) as Float64Array;

/** The exponent of a positive number: 2^e <= x < 2^(e + 1). */
export function exponentOf(x: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  const biased = (high >>> 20) & 2047;
  if (biased > 0) return biased - 1023;
  const [top, low] = [high & 0xfffff, bits.getUint32(4)];
  return top === 0 ? -1043 - clz32(low) : -1011 - clz32(top);
}

/** The unit in the last place of `x` as a number of the type. */
export const ulpOf = (x: number, type: FloatLanes): number =>
  type === 'f32x4'
    ? 2 ** (max(exponentOf(abs(x)), -126) - 23)
    : 2 ** (max(exponentOf(abs(x)), -1022) - 52);

/** Reproducible numbers in [0, 1) and 32-bit words. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = imul(t ^ (t >>> 15), t | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  unit(): number {
    return this.word() / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * (this.unit() + this.word() / 2 ** 64);
  }
}
