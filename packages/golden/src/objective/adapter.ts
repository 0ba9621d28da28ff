import type { Tensor, Tree } from '@tikhonov/core';
import type { Arguments } from './arguments.ts';

/** What a case expects, by the same names: tensors alone, in lists and in records. */
export type Results = Readonly<Record<string, Tree<Tensor>>>;

/** A method as a function of tensors; it only translates names. */
export type TensorAdapter = (args: Arguments) => Results;

/** A method that makes decisions instead of tensors, so that nothing of it is compiled or differentiated. */
export interface PlainAdapter {
  readonly plain: (args: Arguments) => Readonly<Record<string, unknown>>;
}

/** How a method of the file is called. */
export type MethodAdapter = TensorAdapter | PlainAdapter;

/** Methods by the file's names. */
export type Methods = Readonly<Record<string, MethodAdapter>>;

/** The library has no such variant. */
export class Unsupported extends Error {}

/** What a table has for a variant. */
export function choose<T>(table: Readonly<Record<string, T>>, variant: string): T {
  if (Object.hasOwn(table, variant)) return table[variant]!;
  throw new Unsupported(`no variant ${variant}`);
}
