import { type DType, Tensor, type Tree } from '@tikhonov/core';
import { loadTensor, type Stored } from '../golden-file.ts';

/** A value of a file. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

type Values = Readonly<Record<string, Json>>;

/** A case of `objective.json`, or of a file of the same layout. */
export interface MethodCase {
  readonly id: string;
  readonly method: string;
  readonly variant: string;
  readonly params: Values;
  readonly inputs: Values;
  readonly noise?: Values;
  readonly expected: Values;
  readonly grads?: Values;
  readonly grad_of?: string | null;
  readonly grad_output?: Json;
  readonly tol?: number | null;
  readonly float32?: boolean;
}

/** Whether the value is a stored tensor. */
export const isStored = (value: unknown): value is Stored =>
  typeof value === 'object' && value !== null && 'shape' in value && 'data' in value;

/** Tensors by name and what else stands beside them, such as lists of labels. */
export interface Loaded {
  readonly tensors: Readonly<Record<string, Tree<Tensor>>>;
  readonly plain: Values;
}

/** Loads the tensors among the values, alone or in lists and records; floating ones in the given dtype. */
export function load(values: Values = {}, float: DType): Loaded {
  const tensors: Record<string, Tree<Tensor>> = {};
  const plain: Record<string, Json> = {};
  for (const [name, value] of Object.entries(values)) {
    const tree = treeOf(value, float);
    if (tree === null) plain[name] = value;
    else tensors[name] = tree;
  }
  return { tensors, plain };
}

/** `null` if there is anything but tensors in it. */
function treeOf(value: Json, float: DType): Tree<Tensor> | null {
  if (isStored(value)) return loadTensor(value, float);
  if (typeof value !== 'object' || value === null) return null;
  const parts = Object.entries(value).map(([key, one]) => [key, treeOf(one, float)] as const);
  const found = parts.flatMap(([key, tree]) => (tree === null ? [] : [[key, tree] as const]));
  if (found.length < parts.length || parts.length === 0) return null;
  return Array.isArray(value) ? found.map(([, tree]) => tree) : Object.fromEntries(found);
}

/** Whether the tree is one tensor. */
export const isTensor = (tree: unknown): tree is Tensor => tree instanceof Tensor;
