import { allocate, isFloating, sameShape, sizeOf, type View } from '@tikhonov/array';
import { fromView, scalar } from './create.ts';
import { DTypeError, kindOf, ShapeError, showShape } from './errors.ts';
import { frame } from './interpreter.ts';
import { requireOptions } from './options.ts';
import { createNode } from './tape.ts';
import { Tensor } from './tensor.ts';

/** Where a cell's value is while the cell itself does not hold it, such as the memory of a program. */
export interface Residence {
  /** The elements, in storage that nothing writes to from now on. */
  take(): View;
}

// Tells only which of two cells is older.
let made = 0;

/** The number of the newest cell. */
export const newestCell = (): number => made;

/**
 * A place that holds a tensor and can be rebound: everything that changes from step to step lives in
 * one (moments, counts, learning rates, power-iteration vectors, random keys). Operations accept a
 * cell wherever they accept a tensor and read it at that moment.
 *
 * @example
 * ```ts
 * const count = new Cell(tensor(0, { dtype: 'int32' }));
 * count.write(count.read().add(1));
 * count.read().item(); // => 1
 * ```
 */
export class Cell {
  /** For messages and saved states. */
  readonly name: string;
  #shape: Tensor['shape'];
  #dtype: Tensor['dtype'];
  /** `null` while the value is at `#residence`. */
  #value: Tensor | null;
  #residence: Residence | null = null;
  #version = 0;
  /** @internal Numbers cells in the order in which they were made. */
  readonly serial: number = ++made;

  /** @throws TypeError if the value is not a tensor */
  constructor(value: Tensor, options: { name?: string } = {}) {
    requireTensor('Cell', value);
    this.name = options.name ?? '';
    this.#shape = value.shape;
    this.#dtype = value.dtype;
    this.#value = this.wrap(detach(value));
  }

  /** Shape of the value; fixed for the life of the cell. */
  get shape(): Tensor['shape'] {
    return this.#shape;
  }

  /** Element type of the value; fixed, unless a whole model is cast. */
  get dtype(): Tensor['dtype'] {
    return this.#dtype;
  }

  /** Number of axes of the value. */
  get rank(): number {
    return this.#shape.length;
  }

  /** Number of elements of the value. */
  get size(): number {
    return sizeOf(this.#shape);
  }

  /** The present value. */
  read(): Tensor {
    frame().evaluator.onRead?.(this);
    return this.peek();
  }

  /**
   * Rebinds the cell to a detached value; tensors read before keep theirs. A number becomes a scalar
   * of the cell's dtype.
   *
   * @throws ShapeError or DTypeError if the value has another shape or dtype; TypeError if it is not a
   * tensor or number
   */
  write(next: Tensor | number): void {
    const label = this.name === '' ? 'Cell.write' : `Cell.write(${this.name})`;
    const value = typeof next === 'number' ? scalar(next, this.dtype) : next;
    requireTensor(label, value);
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError(
        `${label}: the cell holds shape ${showShape(this.shape)}, not ${showShape(value.shape)}.`,
      );
    }
    if (value.dtype !== this.dtype) {
      throw new DTypeError(
        `${label}: the cell holds ${this.dtype}, not ${value.dtype}. Cast with astype('${this.dtype}').`,
      );
    }
    const { evaluator } = frame();
    this.#hold(this.wrap(detach(evaluator.onWrite?.(this, value) ?? value)));
  }

  /** The name, and what the value prints. */
  toString(): string {
    return `${this.constructor.name}(${this.name === '' ? '' : `${this.name}: `}${this.peek()})`;
  }

  /** What `JSON.stringify` writes: the value. */
  toJSON(): ReturnType<Tensor['toJSON']> {
    return this.peek().toJSON();
  }

  /** @internal The value, without telling the evaluator. */
  peek(): Tensor {
    if (this.#value === null) {
      this.#value = this.wrap(fromView(this.#residence!.take()));
      this.#residence = null;
    }
    return this.#value;
  }

  /** @internal Replaces the value as it is, history included; returns the one before. */
  swap(value: Tensor): Tensor {
    const before = this.peek();
    this.#hold(value);
    return before;
  }

  /** @internal Rebinds the cell to a value of another dtype: casting a whole model, as `nn.astype` does. */
  retype(value: Tensor): void {
    this.#hold(this.wrap(detach(value)));
    this.#dtype = value.dtype;
  }

  /** @internal Says that the value is elsewhere, until somebody asks for it; what the cell held is let go. */
  reside(at: Residence): void {
    this.#value = null;
    this.#residence = at;
    this.#version += 1;
  }

  /** @internal Where the value is, if it is not here: nobody has asked for it or replaced it since. */
  get residence(): Residence | null {
    return this.#residence;
  }

  /** @internal Another number than before whenever the value may be another one. */
  get version(): number {
    return this.#version;
  }

  #hold(value: Tensor): void {
    this.#value = value;
    this.#residence = null;
    this.#version += 1;
  }

  /** @internal Hook for parameters: the value as reads return it. */
  protected wrap(value: Tensor): Tensor {
    return value;
  }
}

/**
 * A trainable cell: what is computed from it can be differentiated, and `backward()` adds its
 * gradient to `grad`.
 */
export class Parameter extends Cell {
  /** Made when it is first needed, and kept. */
  #gradCell: GradCell | null = null;
  #hasGrad = false;

  /** @throws DTypeError if the value is not floating; TypeError if it is not a tensor */
  constructor(value: Tensor, options: { name?: string } = {}) {
    requireTensor('parameter', value);
    if (!isFloating(value.dtype)) {
      throw new DTypeError(
        `parameter: ${value.dtype} values have no gradient.\n  Cast with astype('float32').`,
      );
    }
    super(value, options);
  }

  /** The accumulated gradient, or `null` before the first `backward()` and after `zeroGrad()`. */
  get grad(): Tensor | null {
    frame().evaluator.onGrad?.(this);
    return this.#hasGrad ? this.gradCell.read() : null;
  }

  /** Forgets the accumulated gradient. */
  zeroGrad(): void {
    frame().evaluator.onGrad?.(this);
    if (!this.#hasGrad) return;
    this.gradCell.write(noElements(this));
    this.#hasGrad = false;
  }

  /** @internal Adds nothing itself: stores what `backward()` summed. */
  setGrad(value: Tensor): void {
    frame().evaluator.onGrad?.(this);
    this.gradCell.write(value);
    this.#hasGrad = true;
  }

  /** @internal What holds the gradient while there is one; the same cell always. */
  get gradCell(): Cell {
    this.#gradCell ??= new GradCell(
      this,
      noElements(this),
      this.name === '' ? 'grad' : `${this.name}.grad`,
    );
    return this.#gradCell;
  }

  /** @internal Whether there is a gradient, without telling the evaluator. */
  get hasGrad(): boolean {
    return this.#hasGrad;
  }

  /** @internal Says whether there is one; the cell's value stays as it is. */
  set hasGrad(present: boolean) {
    this.#hasGrad = present;
  }

  /** @internal As for every cell; the gradient, of the old dtype, is forgotten. */
  override retype(value: Tensor): void {
    super.retype(value);
    frame().evaluator.onGrad?.(this);
    this.#gradCell?.retype(noElements(this));
    this.#hasGrad = false;
  }

  protected override wrap(value: Tensor): Tensor {
    const node = createNode({
      level: 0,
      name: 'parameter',
      outputs: [value],
      edges: [],
      cell: this,
    });
    return new Tensor(value.shape, value.dtype, value.payload, node);
  }
}

/** Counts as being as old as its parameter. */
class GradCell extends Cell {
  override readonly serial: number;

  constructor(owner: Parameter, value: Tensor, name: string) {
    super(value, { name });
    this.serial = owner.serial;
  }
}

/** Zeros that take the memory of one. */
const noElements = ({ shape, dtype }: Cell): Tensor =>
  fromView({ dtype, data: allocate(dtype, 1), shape, stride: shape.map(() => 0), offset: 0 });

function requireTensor(label: string, value: unknown): asserts value is Tensor {
  if (value instanceof Tensor) return;
  throw new TypeError(`${label}: needs a Tensor, got ${kindOf(value)}. Make one with tensor(...).`);
}

/**
 * The same value without history: derivatives treat it as a constant.
 *
 * @example
 * ```ts
 * const x = parameter(tensor([2])).read();
 * stopGradient(x.mul(x)).requiresGrad; // => false
 * ```
 */
export function detach(x: Tensor): Tensor {
  if (!(x instanceof Tensor)) requireTensor('stopGradient', x);
  return x.node === null ? x : new Tensor(x.shape, x.dtype, x.payload);
}

/**
 * A trainable tensor.
 *
 * @param value  initial value, floating dtype
 * @example
 * ```ts
 * const w = parameter(tensor([3, -4]));
 * mul(w, w).sum().backward();
 * w.grad?.toArray(); // => [6, -8]
 * ```
 */
export function parameter(value: Tensor, options: { name?: string } = {}): Parameter {
  requireOptions('parameter', options, { name: true });
  return new Parameter(value, options);
}
