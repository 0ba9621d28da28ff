import { Cell, type Parameter } from './cell.ts';
import { kindOf, requireFunction } from './errors.ts';
import { Tensor } from './tensor.ts';

/** Nested plain objects and arrays with leaves of type `Leaf`. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> };

/** The tree with every tensor or cell replaced by a tensor: the type of its gradient. */
export type TensorsOf<T> = [Tree<Tensor>] extends [T]
  ? Tree<Tensor>
  : [Tree<Parameter>] extends [T]
    ? Tree<Tensor>
    : T extends Tensor | Cell
      ? Tensor
      : { readonly [K in keyof T]: TensorsOf<T[K]> };

/**
 * What a tree `T` must be if it is an interface: one has no index signature, so it is not assignable to
 * `Tree`. To be used as `T extends Tree<Leaf> | TreeParts<T, Leaf>`.
 */
export type TreeParts<T, Leaf = Tensor | Cell> = object & {
  readonly [K in keyof T]: TreePart<T[K], Leaf>;
};
type TreePart<T, Leaf> =
  T extends Tree<Leaf>
    ? T
    : T extends (...args: never[]) => unknown
      ? never
      : T extends object
        ? { readonly [K in keyof T]: TreePart<T[K], Leaf> }
        : never;

/** What the leaves of a tree are, as far as its type tells. */
export type LeafOf<T> = [Tree<Tensor | Cell>] extends [T]
  ? Tensor | Cell
  : [Tree<Tensor>] extends [T]
    ? Tensor
    : [Tree<Cell>] extends [T]
      ? Cell
      : [Tree<Parameter>] extends [T]
        ? Parameter
        : LeafOfPart<T>;
// Apart, because only a bare type parameter is taken member by member when it is a union.
type LeafOfPart<T> = T extends Tensor | Cell
  ? T
  : T extends readonly (infer Item)[]
    ? LeafOf<Item>
    : { [K in keyof T]: LeafOf<T[K]> }[keyof T];

/** A tree taken apart: its leaves in order, where each lies, and how to build one like it. */
export interface Flat<Leaf> {
  readonly leaves: readonly Leaf[];
  /** `layers.0.weight`; the empty string for a bare leaf. */
  readonly paths: readonly string[];
  /** The same structure with other leaves, in the same order; the caller names its type. */
  readonly rebuild: <Like>(leaves: readonly unknown[]) => Like;
}

/** Whether the value is a tensor or a cell. */
export const isTensorOrCell = (value: unknown): value is Tensor | Cell =>
  value instanceof Tensor || value instanceof Cell;

/**
 * Takes a tree of tensors and cells apart.
 *
 * @throws TypeError for anything else in it, with its path
 */
export function flattenTree<Leaf extends Tensor | Cell = Tensor | Cell>(
  tree: unknown,
  name = 'tree',
): Flat<Leaf> {
  const leaves: Leaf[] = [];
  const paths: string[] = [];
  const build = visit(tree, '', name, leaves, paths);
  return {
    leaves,
    paths,
    rebuild: <Like>(others: readonly unknown[]) => {
      if (others.length !== leaves.length) {
        throw new RangeError(`internal: ${others.length} leaves for a tree of ${leaves.length}.`);
      }
      return build(others) as Like;
    },
  };
}

type Build = (leaves: readonly unknown[]) => unknown;

function visit<Leaf extends Tensor | Cell>(
  value: unknown,
  path: string,
  name: string,
  leaves: Leaf[],
  paths: string[],
): Build {
  if (isTensorOrCell(value)) {
    const at = leaves.length;
    leaves.push(value as Leaf);
    paths.push(path);
    return (others) => others[at];
  }
  const join = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (Array.isArray(value)) {
    const parts = value.map((item, i) => visit(item, join(String(i)), name, leaves, paths));
    return (others) => parts.map((part) => part(others));
  }
  if (isPlainObject(value)) {
    const parts = Object.entries(value).map(
      ([key, item]) => [key, visit(item, join(key), name, leaves, paths)] as const,
    );
    return (others) => Object.fromEntries(parts.map(([key, part]) => [key, part(others)]));
  }
  const isModel = typeof value === 'object' && value !== null && 'namedParameters' in value;
  throw new TypeError(
    `${name}: found ${kindOf(value)}${path === '' ? '' : ` at "${path}"`} where a Tensor, a Cell, an array or a plain object belongs.` +
      (isModel ? '\n  Pass model.namedParameters().' : ''),
  );
}

/**
 * The leaves of a tree in the order of another of the same structure. Objects are compared by key:
 * `{ b, a }` fits `{ a, b }`, and its leaves come in the order `a`, `b`.
 *
 * @throws TypeError if a path of one is missing in the other
 */
export function leavesLike<Leaf>(
  name: string,
  like: { readonly paths: readonly string[] },
  flat: Flat<Leaf>,
): readonly Leaf[] {
  if (
    like.paths.every((path, i) => path === flat.paths[i]) &&
    like.paths.length === flat.paths.length
  ) {
    return flat.leaves;
  }
  const byPath = new Map(flat.paths.map((path, i) => [path, flat.leaves[i]!]));
  const leaves = like.paths.map((path) => byPath.get(path));
  const show = (paths: readonly string[]): string => paths.map((path) => `"${path}"`).join(', ');
  const missing = like.paths.filter((path) => !byPath.has(path));
  const wanted = new Set(like.paths);
  const extra = flat.paths.filter((path) => !wanted.has(path));
  if (missing.length + extra.length > 0) {
    throw new TypeError(
      `${name}: the trees differ:${missing.length > 0 ? ` nothing at ${show(missing)}` : ''}` +
        `${missing.length > 0 && extra.length > 0 ? ',' : ''}${extra.length > 0 ? ` unexpected ${show(extra)}` : ''}.\n` +
        '  Give it the structure of the first.',
    );
  }
  return leaves as readonly Leaf[];
}

/** Whether the value is an object literal (or has no prototype), of whatever realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Applies a function to every leaf, with the corresponding leaves of further trees.
 *
 * @param f  gets a leaf (a `Parameter`, of a tree of parameters) and the others' tensors at its place
 * @throws TypeError if the trees differ in structure
 * @example
 * ```ts
 * const doubled = mapTree({ w: tensor([1, 2]) }, (leaf) => leaf.mul(2));
 * doubled.w.toArray(); // => [2, 4]
 * ```
 */
export function mapTree<T extends Tree<Tensor | Cell> | TreeParts<T>>(
  tree: T,
  f: (leaf: LeafOf<T>, ...others: Tensor[]) => Tensor,
  ...others: readonly Tree<Tensor>[]
): TensorsOf<T> {
  requireFunction('mapTree', f);
  const flat = flattenTree<Tensor | Cell>(tree, 'mapTree');
  const rest = others.map((other) => leavesLike('mapTree', flat, flattenTree<Tensor>(other)));
  const mapped = flat.leaves.map((leaf, i) =>
    f(leaf as LeafOf<T>, ...rest.map((leaves) => leaves[i]!)),
  );
  return flat.rebuild<TensorsOf<T>>(mapped);
}
