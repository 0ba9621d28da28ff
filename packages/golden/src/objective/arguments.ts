import {
  type DType,
  type Parameter,
  parameter,
  type Tensor,
  type Tree,
  tensor,
  unbind,
} from '@tikhonov/core';
import { isTensor, type Json, type Loaded, type MethodCase } from './case.ts';

/** What a case gives to an adapter, under the file's names. Asking for what it lacks throws. */
export class Arguments {
  readonly variant: string;
  /** Of the floating tensors. */
  readonly dtype: DType;
  readonly #case: MethodCase;
  readonly #given: Readonly<Record<string, Tree<Tensor>>>;
  readonly #plain: Readonly<Record<string, Json>>;

  /** @param given  inputs and noise; later names win */
  constructor(example: MethodCase, dtype: DType, given: readonly Loaded[]) {
    this.variant = example.variant;
    this.dtype = dtype;
    this.#case = example;
    this.#given = Object.assign({}, ...given.map(({ tensors }) => tensors));
    this.#plain = Object.assign({}, ...given.map(({ plain }) => plain));
  }

  /** Whether there is such an input. */
  has(name: string): boolean {
    return Object.hasOwn(this.#given, name) || Object.hasOwn(this.#plain, name);
  }

  /** Whether the input is one tensor. */
  hasTensor(name: string): boolean {
    return isTensor(this.#given[name]);
  }

  /** An input or given noise that is one tensor. */
  tensor(name: string): Tensor {
    const tree = this.#given[name];
    if (isTensor(tree)) return tree;
    throw new TypeError(`no tensor ${name}`);
  }

  /** An input that is a list of tensors; one tensor is a list of one. */
  list(name: string): readonly Tensor[] {
    const tree = this.#given[name];
    if (isTensor(tree)) return [tree];
    if (Array.isArray(tree) && tree.every(isTensor)) return tree;
    if (Array.isArray(this.#plain[name]) && this.#plain[name].length === 0) return [];
    throw new TypeError(`no list of tensors ${name}`);
  }

  /** The tensors of a list, named by their places. */
  named(name: string): Readonly<Record<string, Tensor>> {
    return Object.fromEntries(this.list(name).map((x, i) => [`${name}${i}`, x]));
  }

  /** One list of tensors per step: lists of a list, or the rows of one tensor. */
  steps(name: string): readonly (readonly Tensor[])[] {
    const tree = this.#given[name];
    if (isTensor(tree)) return unbind(tree).map((row) => [row]);
    if (Array.isArray(tree)) {
      return tree.map((step) => {
        if (isTensor(step)) return [step];
        if (Array.isArray(step) && step.every(isTensor)) return step;
        throw new TypeError(`a step of ${name} is no list of tensors`);
      });
    }
    throw new TypeError(`no steps ${name}`);
  }

  /** Integers, such as labels: int32 `[n]`. */
  integers(name: string): Tensor {
    const tree = this.#given[name];
    return isTensor(tree) ? tree : tensor(Int32Array.from(this.numbers(name)));
  }

  /** A list of numbers that is no tensor. */
  numbers(name: string): readonly number[] {
    const value = this.#plain[name];
    const isList = (x: Json | undefined): x is readonly number[] =>
      Array.isArray(x) && x.every((one) => typeof one === 'number');
    if (isList(value)) return value;
    throw new TypeError(`no list of numbers ${name}`);
  }

  /** A number among inputs and given noise. */
  given(name: string): number {
    const value = this.#plain[name];
    if (typeof value !== 'number') throw new TypeError(`no number ${name}`);
    return value;
  }

  /** A list of numbers that is expected: the settings that it is expected at. */
  expectedNumbers(name: string): readonly number[] {
    return this.#case.expected[name] as readonly number[];
  }

  /** How many rows or entries the expected value has: the number of steps, where nothing else tells. */
  count(expected: string): number {
    const value = this.#case.expected[expected];
    if (Array.isArray(value)) return value.length;
    if (typeof value === 'object' && value !== null && 'shape' in value) {
      return (value.shape as readonly number[])[0]!;
    }
    throw new TypeError(`nothing to count in ${expected}`);
  }

  /** The first entries of every row of an expected table: the settings of its rows. */
  settings(expected: string, entries: number): readonly (readonly number[])[] {
    return (this.#case.expected[expected] as readonly (readonly number[])[]).map((row) =>
      row.slice(0, entries),
    );
  }

  /** A number among the method's arguments; `"inf"` is Infinity. */
  number(name: string): number {
    const value = argument(this.#case.params[name]);
    if (typeof value !== 'number') throw new TypeError(`no number ${name}`);
    return value;
  }

  /** A text among the method's arguments. */
  text(name: string): string {
    const value = this.#case.params[name];
    if (typeof value !== 'string') throw new TypeError(`no text ${name}`);
    return value;
  }

  /** Those of the method's arguments that the library takes under the same name; others are information. */
  options<Options extends object>(...names: readonly (keyof Options & string)[]): Options {
    const given = names.filter((name) => (this.#case.params[name] ?? null) !== null);
    // The library checks them.
    return Object.fromEntries(
      given.map((name) => [name, argument(this.#case.params[name])]),
    ) as Options;
  }
}

const argument = (value: Json | undefined): Json | undefined =>
  value === 'inf' ? Infinity : value;

/** Parameters that start at the tensors. */
export const parametersAt = (
  values: Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Parameter>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, parameter(value)]));

/** The present values of parameters by name. */
export const valuesOf = (
  parameters: Readonly<Record<string, Parameter>>,
): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(parameters).map(([name, cell]) => [name, cell.read()]));
