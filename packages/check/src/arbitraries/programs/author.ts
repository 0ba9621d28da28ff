import { Cell, type DType, isFloating, type Tensor } from '@tikhonov/core';
import { type Payload, within } from '@tikhonov/core/engine';
import fc from 'fast-check';
import { Tracking } from '../../agreement/evaluators.ts';
import type { Draw } from '../steps.ts';
import { constant } from './calls.ts';
import type { Body, Call, Source, Step } from './parts.ts';
import { Program } from './program.ts';

/** A value of the program that is being written, with what it is for the program's own arguments. */
export interface Known {
  readonly ref: number;
  readonly value: Tensor;
  /** Whether any correct program gives it to the bit. */
  readonly exact: boolean;
  readonly finite: boolean;
  /** Whether it is an argument or a constant. */
  readonly given: boolean;
  /** The value in the other floating dtype of which this is a cast. */
  readonly castOf?: Known;
}

/** Thrown where an operation cannot be used after all; what was written for it is forgotten. */
export class Rejection extends Error {}

/** Finite values may grow to this size, and tensors have at most so many elements. */
const [largest, mostElements] = [1e4, 6000];

// Where tests run in contexts of their own, every use of a global costs a search.
const { abs } = Math;
const unlimited = Infinity;

const finiteAndTame = (x: Tensor): boolean => {
  if (!isFloating(x.dtype)) return true;
  let finite = true;
  const data = x.data();
  for (let i = 0; i < data.length; i++) {
    const size = abs(data[i]!);
    if (size <= largest) continue;
    if (size < unlimited) throw new Rejection(`a value of ${data[i]}`);
    finite = false;
  }
  return finite;
};

/** Draws numbers, picks and chances. */
export class Dice {
  readonly of: Draw;

  constructor(of: Draw) {
    this.of = of;
  }

  integer(min: number, max: number): number {
    return this.of(fc.integer({ min, max }));
  }

  pick<T>(options: readonly T[]): T {
    return options[this.integer(0, options.length - 1)]!;
  }

  /** An entry of a table. */
  entry<T>(table: Readonly<Record<string, T>>): readonly [name: string, value: T] {
    return this.pick(Object.entries(table));
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.integer(1, n) === 1;
  }
}

/** What authors of a program and of the functions within it have in common. */
interface Shared {
  readonly dice: Dice;
  readonly tracking: Tracking;
  count: number;
}

/**
 * Writes a program step by step, and runs each step as it goes, so that what comes next can depend on
 * what values there are.
 */
export class Author {
  readonly dice: Dice;
  /** Floating dtypes that operations are used in. */
  readonly floats: readonly DType[];
  /** Whether new values have NaN, infinities and the like among them. */
  readonly odd: boolean;
  /**
   * What is written: a program; a function within it that is differentiated, which has no cells; or one that
   * runs or not, which has those of the program.
   */
  readonly kind: 'program' | 'function' | 'branch';
  readonly known: Known[] = [];
  readonly #shared: Shared;
  readonly #sources: Source[] = [];
  readonly #first: Tensor[] = [];
  readonly #cells: Cell[];
  readonly #steps: Step[] = [];
  readonly #byPayload = new Map<Payload, Known>();

  constructor(
    floats: readonly DType[],
    from: Dice | Author,
    options: Pick<Author, 'odd' | 'kind'>,
  ) {
    this.floats = floats;
    this.odd = options.odd;
    this.kind = options.kind;
    this.#cells = from instanceof Author && options.kind === 'branch' ? from.#cells : [];
    this.#shared =
      from instanceof Author ? from.#shared : { dice: from, tracking: new Tracking(), count: 0 };
    this.dice = this.#shared.dice;
  }

  /** How often each primitive ran. */
  get counts(): ReadonlyMap<string, number> {
    return this.#shared.tracking.counts;
  }

  /** Shapes and dtypes of the cells. */
  get cells(): readonly Cell[] {
    return this.#cells;
  }

  /** A value from outside: an argument or a constant. */
  source(value: Tensor, role: Source['role']): Known {
    if (this.kind !== 'program') return this.emit(constant(value), [])[0]!;
    const known = this.#know(value, { given: true });
    this.#sources.push({ ref: known.ref, value, role });
    return known;
  }

  /** A parameter of a function within a program. */
  parameter(like: Known): Known {
    return this.#know(like.value);
  }

  /** A new cell; returns its place. */
  cell(first: Tensor): number {
    this.#first.push(first);
    return this.#cells.push(new Cell(first, { name: `c${this.#cells.length}` })) - 1;
  }

  /** Writes a step and runs it. */
  emit(call: Call, operands: readonly Known[]): Known[] {
    const made = within({ evaluator: this.#shared.tracking }, () =>
      call.apply(
        operands.map(({ value }) => value),
        this.#cells,
      ),
    );
    const castOf = call.name === 'astype' && isFloating(made[0]!.dtype) ? operands[0] : undefined;
    const results = made.map((value) => this.#know(value, castOf === undefined ? {} : { castOf }));
    const refs = (list: readonly Known[]): number[] => list.map(({ ref }) => ref);
    this.#steps.push({ call, operands: refs(operands), results: refs(results) });
    return results;
  }

  /** As `emit`, for a call with one result. */
  one(call: Call, ...operands: readonly Known[]): Known {
    return this.emit(call, operands)[0]!;
  }

  /** Writes a requirement; one that fails is not run here, where the program would end. */
  require(call: Call, condition: Known, fails: boolean): void {
    if (!fails) this.emit(call, [condition]);
    else this.#steps.push({ call, operands: [condition.ref], results: [] });
  }

  /** The known value with these elements, or a new constant. */
  adopt(value: Tensor): Known {
    return this.#byPayload.get(value.payload) ?? this.source(value, 'constant');
  }

  /** Writes functions, and puts back what they did to cells: whether they run is another matter. */
  aside<T>(write: () => T): T {
    const values = this.#cells.map((cell) => cell.read());
    try {
      return write();
    } finally {
      for (const [k, value] of values.entries()) this.#cells[k]!.write(value);
    }
  }

  /** Does something, or nothing if that is rejected or throws. */
  attempt(write: () => void): boolean {
    const lengths = [this.#sources, this.#first, this.#cells, this.#steps, this.known].map(
      (list) => [list, list.length] as const,
    );
    const values = this.#cells.map((cell) => cell.read());
    try {
      write();
      return true;
    } catch (error) {
      if (!(error instanceof Error) || error.message.startsWith('internal')) throw error;
      for (const known of this.known.slice(lengths.at(-1)![1])) {
        const { payload } = known.value;
        if (this.#byPayload.get(payload) === known) this.#byPayload.delete(payload);
      }
      for (const [list, length] of lengths) list.length = length;
      for (const [k, cell] of this.#cells.entries()) cell.write(values[k]!);
      return false;
    }
  }

  /** The program so far, with the given results. */
  program(results: readonly Known[]): Program {
    return new Program({
      sources: this.#sources,
      cells: this.#first,
      steps: this.#steps,
      results: results.map(({ ref }) => ref),
    });
  }

  /** The function so far. */
  body(parameters: readonly Known[], results: readonly Known[]): Body {
    return {
      parameters: parameters.map(({ ref }) => ref),
      steps: this.#steps,
      results: results.map(({ ref }) => ref),
    };
  }

  #know(value: Tensor, more: Partial<Known> = {}): Known {
    if (value.size > mostElements) throw new Rejection(`${value.size} elements`);
    const known: Known = {
      ref: this.#shared.count++,
      value,
      exact: this.#shared.tracking.isExact(value),
      finite: finiteAndTame(value),
      given: false,
      ...more,
    };
    this.known.push(known);
    if (!this.#byPayload.has(value.payload)) this.#byPayload.set(value.payload, known);
    return known;
  }
}
