import {
  contiguous,
  type DType,
  type Shape,
  sizeOf,
  type TypedArray,
  type View,
} from '@tikhonov/array';
import { ShapeError, showShape, TraceError } from './errors.ts';
import { type Payload, type SymbolicValue, viewOf } from './interpreter.ts';
import type { Node } from './tape.ts';

/** Nested numbers, as `toArray` returns them and `tensor` takes them. */
export type NestedArray = number | boolean | readonly NestedArray[];

/** A tensor as `JSON.stringify` writes it, and as `tensor` takes it back. */
export interface TensorJSON {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The elements in row-major order; bools as 0 and 1. */
  readonly data: readonly number[];
}

/**
 * An immutable n-dimensional array. Arithmetic, reductions and shape changes are methods (see
 * `TensorMethods`); everything else is a function of tensors. Memory is garbage-collected: there is
 * nothing to dispose of.
 */
export class Tensor {
  /** Sizes of the axes; `[]` for a scalar. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: DType;
  /** @internal Elements or a symbol. */
  readonly payload: Payload;
  /** @internal What recorded this value, if a derivative may be asked of it. */
  readonly node: Node | null;
  /** @internal Which output of the node this is. */
  readonly output: number;

  /** @internal Use `tensor(...)` and the operations. */
  constructor(shape: Shape, dtype: DType, payload: Payload, node: Node | null = null, output = 0) {
    this.shape = shape;
    this.dtype = dtype;
    this.payload = payload;
    this.node = node;
    this.output = output;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether a derivative is being recorded through this value. */
  get requiresGrad(): boolean {
    return this.node !== null;
  }

  /** @internal The outermost level of differentiation that this value depends on. */
  get level(): number {
    return this.node === null ? Infinity : this.node.level;
  }

  /** @internal The strided elements; a TraceError while tracing. */
  get view(): View {
    const known = viewOf(this.payload);
    if (known !== null) return known;
    throw new TraceError(
      `The values of ${(this.payload as SymbolicValue).describe()} of shape ${showShape(this.shape)} are not known while tracing.\n` +
        '  Return the tensor and read it outside, or express the decision with where() or cond().',
    );
  }

  /**
   * The elements in row-major order, as a copy that the caller owns.
   *
   * @throws TraceError while tracing
   */
  data(): TypedArray {
    const view = this.view;
    const dense = contiguous(view);
    return dense === view ? dense.data.slice() : dense.data;
  }

  /**
   * The value of a tensor with one element, as a number (`bool`: 0 or 1).
   *
   * @throws ShapeError if there is not exactly one element
   */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        `item: shape ${showShape(this.shape)} has ${this.size} elements, not one.\n` +
          '  Use toArray() or data(), or reduce first.',
      );
    }
    const view = this.view;
    return view.data[view.offset]!;
  }

  /**
   * The elements as nested arrays of numbers (`bool`: booleans); a number for a scalar.
   *
   * @typeParam Nested  what the caller knows it to be, as in `x.toArray<number[][]>()`; not checked
   */
  toArray<Nested extends NestedArray = NestedArray>(): Nested {
    const data = contiguous(this.view).data;
    const isBool = this.dtype === 'bool';
    const build = (axis: number, start: number, stride: number): NestedArray => {
      if (axis === this.shape.length) return isBool ? data[start] !== 0 : data[start]!;
      const n = this.shape[axis]!;
      const step = stride / n;
      return Array.from({ length: n }, (_, i) => build(axis + 1, start + i * step, step));
    };
    return build(0, 0, this.size) as Nested;
  }

  /** Shape, dtype and the first elements. */
  toString(): string {
    const view = viewOf(this.payload);
    const data = view === null ? [] : contiguous(view).data.subarray(0, 9);
    const shown = Array.from(data, (x, k) => (k < 8 ? Number(x.toPrecision(5)) : '...'));
    const held =
      view === null ? `, ${(this.payload as SymbolicValue).describe()}` : `: ${shown.join(', ')}`;
    return `Tensor(${showShape(this.shape)} ${this.dtype}${held})`;
  }

  /**
   * What `JSON.stringify` writes: shape, dtype and row-major data. `tensor(JSON.parse(text))` is the
   * tensor again, to the last bit; but JSON has no -0, and writes NaN and infinities as null, which
   * `tensor` refuses.
   */
  toJSON(): TensorJSON {
    return { shape: this.shape, dtype: this.dtype, data: Array.from(contiguous(this.view).data) };
  }
}
