import type { DType } from '@tikhonov/core';
import type { Emission } from '../../math/emission.ts';
import type { Lanes } from '../../math/lanes.ts';
import type { Instruction } from '../../wasm/code.ts';
import { lanesOf, type Width } from '../map/elements.ts';
import { rounded } from './expression.ts';
import type { Reduction } from './spec.ts';

/** Local vectors that a reduction takes: two where float32 values are added up in float64. */
export const localsOf = (
  { op, dtype }: Pick<ReductionKind, 'op' | 'dtype'>,
  width: Width,
): 1 | 2 => (width === 4 && dtype === 'float32' && op !== 'max' ? 2 : 1);

/** What a reduction does, of values of which dtype. */
export interface ReductionKind {
  readonly op: Reduction;
  readonly dtype: DType;
  /** Whether no value has its sign bit set, not even NaN. */
  readonly unsigned: boolean;
}

const swappedHalves = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const swappedPairs = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];
const lowHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/**
 * Lanes that a reduction runs in. Sums of floats run in float64 and are rounded once, so four lanes of
 * float32 need two accumulators.
 */
export class Accumulator {
  readonly #into: Emission;
  readonly #kind: ReductionKind;
  readonly #width: Width;
  readonly #locals: readonly number[];

  /** Starts a reduction: of nothing so far. */
  constructor(into: Emission, kind: ReductionKind, width: Width) {
    this.#into = into;
    this.#kind = kind;
    this.#width = width;
    this.#locals = Array.from({ length: this.#doubles ? 2 : 1 }, () => into.take());
    for (const local of this.#locals) into.code.get(this.#neutral()).set(local);
  }

  /** Takes in the vector on the stack, of which the first `count` lanes are meant. */
  add(count: number): void {
    const { code } = this.#into;
    const value = this.#into.take();
    code.set(value);
    if (count < this.#width) {
      code.get(value).get(this.#neutral()).get(this.#mask(count)).op('v128.bitselect').set(value);
    }
    for (const [half, local] of this.#locals.entries()) {
      const part = half === 0 && !this.#doubles ? value : this.#into.take();
      if (part !== value) {
        code.get(value);
        if (half === 1) code.get(value).shuffle(swappedHalves);
        code.op('f64x2.promote_low_f32x4').set(part);
      }
      code.get(local).get(part);
      if (this.#kind.op === 'norm') code.get(part).op('f64x2.mul');
      code.op(this.#combine).set(local);
      if (part !== value) this.#into.release(part);
    }
    this.#into.release(value);
  }

  /** Takes in what another accumulator of the same kind holds, which is done with. */
  merge(other: Accumulator): void {
    const { code } = this.#into;
    for (const [half, local] of this.#locals.entries()) {
      code.get(local).get(other.#locals[half]!).op(this.#combine).set(local);
    }
    other.release();
  }

  release(): void {
    for (const local of this.#locals) this.#into.release(local);
  }

  /** The result over all lanes, in every lane. */
  across(): Lanes {
    const { code } = this.#into;
    const [first, second] = this.#locals;
    if (second !== undefined) {
      code.get(first!).get(second).op(this.#combine).set(first!);
    }
    const fold = (bytes: readonly number[]): void => {
      code.get(first!).get(first!).get(first!).shuffle(bytes).op(this.#combine).set(first!);
    };
    fold(swappedHalves);
    if (this.#width === 4 && !this.#doubles) fold(swappedPairs);
    return this.#finish(() => {
      code.get(first!);
      if (this.#kind.op === 'norm') code.op('f64x2.sqrt');
      if (!this.#doubles) return;
      code.op('f32x4.demote_f64x2_zero').tee(first!).get(first!);
      code.shuffle([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    });
  }

  /** The results lane by lane. */
  apart(): Lanes {
    const { code } = this.#into;
    const [first, second] = this.#locals;
    const isNorm = this.#kind.op === 'norm';
    return this.#finish(() => {
      for (const local of second === undefined ? [first!] : [first!, second]) {
        code.get(local);
        if (isNorm) code.op('f64x2.sqrt');
        if (this.#doubles) code.op('f32x4.demote_f64x2_zero');
      }
      if (second !== undefined) code.shuffle(lowHalves);
    });
  }

  #finish(write: () => void): Lanes {
    const into = this.#into;
    const type = lanesOf(this.#width);
    const value = into.leaf(type, write);
    const isRounded = this.#width === 2 && this.#kind.dtype === 'float32';
    const kept = into.keep(isRounded ? rounded(value) : value);
    this.release();
    return kept;
  }

  /** Whether float32 values are added up in float64. */
  get #doubles(): boolean {
    return localsOf(this.#kind, this.#width) === 2;
  }

  get #combine(): Instruction {
    const { op, dtype, unsigned } = this.#kind;
    if (this.#width === 2) return op === 'max' ? 'f64x2.max' : 'f64x2.add';
    if (op !== 'max') return dtype === 'float32' ? 'f64x2.add' : 'i32x4.add';
    // Without signs floats have the order of their bits, NaN last; one instruction for the engine's nine.
    if (dtype === 'float32') return unsigned ? 'i32x4.max_s' : 'f32x4.max';
    return dtype === 'int32' ? 'i32x4.max_s' : 'i32x4.max_u';
  }

  /** A local with the value in every lane that changes nothing. */
  #neutral(): number {
    const { code } = this.#into;
    const { op, dtype } = this.#kind;
    if (op !== 'max') return code.constant('i32x4', 0);
    if (this.#width === 2) return code.constant('f64x2', Number.NEGATIVE_INFINITY);
    if (dtype === 'float32') return code.constant('f32x4', Number.NEGATIVE_INFINITY);
    return code.constant('i32x4', dtype === 'int32' ? -(2 ** 31) : 0);
  }

  #mask(count: number): number {
    const { code } = this.#into;
    const bytes = 16 / this.#width;
    return code.constantBytes(Array.from({ length: 16 }, (_, k) => (k < count * bytes ? 255 : 0)));
  }
}
