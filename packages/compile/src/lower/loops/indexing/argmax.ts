import type { DType } from '@tikhonov/core';
import { bytesOf } from '../../../kernels/map/elements.ts';
import { nestOf } from '../../../kernels/map/nest.ts';
import { dense } from '../../../layout/layout.ts';
import type { Code, Instruction } from '../../../wasm/code.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { axesBut, axesOf, move, times, walkGroups } from './walk.ts';

/** Comparisons of vectors. */
interface Ordered {
  readonly lessOrEqual: Instruction;
  /** Holds where a value equals itself; integers always do. */
  readonly equal: Instruction | null;
}

function orderedOf(dtype: DType): Ordered {
  if (dtype === 'float64') return { lessOrEqual: 'f64x2.le', equal: 'f64x2.eq' };
  if (dtype === 'float32') return { lessOrEqual: 'f32x4.le', equal: 'f32x4.eq' };
  return { lessOrEqual: dtype === 'uint32' ? 'i32x4.le_u' : 'i32x4.le_s', equal: null };
}

/** Up to this length lines are compared without a loop, as for the windows of pooling. */
const shortLine = 16;

/**
 * As many lines at a time as a vector has lanes. NaN counts as the largest: nothing wins over it, and it
 * wins over all else.
 */
export const argmax: LoopEntry = /* @__PURE__ */ entry('argmax', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, { inputs: [x], outputs: [out], attrs: { axis } }) =>
    writer.function(['i32', 'i32'], [], (code) => {
      const { dtype, layout } = x!;
      const bytes = bytesOf(dtype);
      const length = layout.shape[axis]!;
      const step = layout.strides[axis]! * bytes;
      const rest = axesBut(layout.shape.length, axis);
      if (rest.some((k) => layout.shape[k] === 0)) return;
      const nest = nestOf([axesOf(layout, rest), axesOf(dense(out!.shape), rest)]);
      const across = nest.strides[0]!.at(-1)! * bytes;
      const width = 16 / bytes;
      const n = nest.sizes.at(-1)!;
      const pointers = [
        { local: 0, bytes },
        { local: 1, bytes: 4 },
      ];
      const finder = new Finder(code, dtype, across);
      move(code, 0, layout.offset * bytes);
      for (const [from, count] of [
        [0, width],
        [n - (n % width), n % width],
      ] as const) {
        walkGroups(code, nest, pointers, from, n, count, () => finder.find(count, length, step));
      }
    }),
});

/** Finds the largest elements of neighbouring lines; locals 0 and 1 are their addresses and the results'. */
class Finder {
  readonly #code: Code;
  readonly #dtype: DType;
  readonly #across: number;
  readonly #vectors: readonly [value: number, next: number, best: number, took: number, at: number];
  readonly #from: number;

  constructor(code: Code, dtype: DType, across: number) {
    this.#code = code;
    this.#dtype = dtype;
    this.#across = across;
    const vector = (): number => code.local('v128');
    this.#vectors = [vector(), vector(), vector(), vector(), vector()];
    this.#from = code.local('i32');
  }

  find(count: number, length: number, step: number): void {
    const code = this.#code;
    const [value, , best, , at] = this.#vectors;
    const from = this.#from;
    const lanes = bytesOf(this.#dtype) === 4 ? 'i32x4' : 'i64x2';
    const zero = code.constant('i32x4', 0);
    const one = code.constant(lanes, 1);
    // Immediates are unsigned: with a negative distance the last line is the one to count from.
    const low = Math.min(0, this.#across * (count - 1));
    code.get(0).i32(low).op('i32.add').set(from);
    code.get(zero).set(best).get(zero).set(at);
    this.#load(0, count, low);
    code.set(value);
    const next = (offset: number): void => {
      code.get(at).get(one).op(`${lanes}.add`).set(at);
      this.#compare(offset, count, low);
    };
    if (length <= shortLine && step >= 0) {
      for (let k = 1; k < length; k++) next(k * step);
    } else {
      times(code, length - 1, () => {
        move(code, from, step);
        next(0);
      });
    }
    for (let lane = 0; lane < count; lane++) {
      code
        .get(1)
        .get(best)
        .lane('i32x4.extract_lane', lanes === 'i32x4' ? lane : 2 * lane);
      code.memory('i32.store', lane * 4);
    }
  }

  /** Takes the next elements where they win. */
  #compare(offset: number, count: number, low: number): void {
    const code = this.#code;
    const [value, next, best, took, at] = this.#vectors;
    const { lessOrEqual, equal } = orderedOf(this.#dtype);
    this.#load(offset, count, low);
    code.tee(next).get(value).op(lessOrEqual, 'v128.not');
    if (equal !== null) code.get(value).get(value).op(equal, 'v128.and');
    code.set(took);
    code.get(at).get(best).get(took).op('v128.bitselect').set(best);
    code.get(next).get(value).get(took).op('v128.bitselect').set(value);
  }

  /** Leaves an element of each line. */
  #load(offset: number, count: number, low: number): void {
    const code = this.#code;
    const bytes = bytesOf(this.#dtype);
    const across = this.#across;
    code.get(this.#from);
    if (across === bytes && count * bytes === 16) {
      code.memory('v128.load', offset, 2);
      return;
    }
    code.memory(bytes === 4 ? 'v128.load32_zero' : 'v128.load64_zero', offset - low);
    for (let lane = 1; lane < count; lane++) {
      code
        .get(this.#from)
        .memory(bytes === 4 ? 'f32.load' : 'f64.load', offset - low + lane * across);
      code.lane(bytes === 4 ? 'f32x4.replace_lane' : 'f64x2.replace_lane', lane);
    }
  }
}
