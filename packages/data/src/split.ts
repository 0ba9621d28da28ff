import { random } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { Dataset } from './dataset.ts';
import type { Table } from './formats/table.ts';
import { keyOf, requireCount, type Seeded } from './validate.ts';

/** One number per part, in an array or under the parts' names. */
export type Shares = readonly number[] | Readonly<Record<string, number>>;

/** How `split` divides; either `fractions` or `sizes`. */
export interface SplitOptions<Parts extends Shares> extends Seeded {
  /** Share of the rows per part, each > 0, together at most 1. */
  readonly fractions?: Parts;
  /** Number of rows per part, each >= 1. */
  readonly sizes?: Parts;
  /** Whether every part gets its share of every class. @defaultValue true if there are classes */
  readonly stratify?: boolean;
}

const known: OptionNames<SplitOptions<Shares>> = {
  fractions: true,
  sizes: true,
  stratify: 'boolean',
  seed: true,
  key: true,
};

/**
 * Divides a data set or a table at random into parts that have no row in common. Stratified parts hold, of
 * every class, the proportional number of rows rounded up or down (largest remainders first, part by
 * part). Rows that no part asks for are left out.
 *
 * @param options  see `SplitOptions`; the seed's default is 0
 * @returns the parts in the shape that the fractions or sizes had: an array or an object
 * @throws RangeError for fractions or sizes out of range, an empty part, or more rows than there are
 * @throws TypeError for both or neither of fractions and sizes, or stratifying without classes
 * @example
 * ```ts
 * const { fit, held } = data.split(data.loadDigits(), { fractions: { fit: 0.9, held: 0.1 }, seed: 3 });
 * [fit.size, held.size]; // => [1617, 180]
 * const [small] = data.split(data.loadDigits(), { sizes: [100] });
 * small.size; // => 100
 * ```
 */
export function split<const Parts extends Shares>(
  dataset: Dataset,
  options: SplitOptions<Parts>,
): { readonly [K in keyof Parts]: Dataset };
export function split<const Parts extends Shares>(
  table: Table,
  options: SplitOptions<Parts>,
): { readonly [K in keyof Parts]: Table };
export function split<const Parts extends Shares>(
  dataset: Dataset | Table,
  options: SplitOptions<Parts>,
): { readonly [K in keyof Parts]: Dataset | Table } {
  requireOptions('split', options, known);
  const parts = partsOf(options.fractions, options.sizes);
  const shares: readonly number[] = Object.values(parts);
  const sizes =
    options.sizes === undefined ? sizesOf(shares, dataset.size) : checkSizes(shares, dataset.size);
  const labels =
    dataset instanceof Dataset
      ? labelsOf('split', dataset, options.stratify)
      : unstratified(options.stratify);
  const order = random.permutation(keyOf('split', options, 'split'), dataset.size).data();
  const rows = labels === null ? cut(order, sizes) : cutByClass(order, sizes, labels);
  const taken = rows.map((part) => dataset.take(part));
  const named = Array.isArray(parts)
    ? taken
    : Object.fromEntries(Object.keys(parts).map((name, i) => [name, taken[i]!]));
  return named as { readonly [K in keyof Parts]: Dataset | Table };
}

function partsOf<Parts extends Shares>(
  fractions: Parts | undefined,
  sizes: Parts | undefined,
): Parts {
  const parts = fractions ?? sizes;
  if (parts === undefined || (fractions !== undefined && sizes !== undefined)) {
    throw new TypeError(
      'split: give either fractions or sizes, such as { fractions: { train: 0.8, test: 0.2 } }.',
    );
  }
  if (Object.keys(parts).length === 0) throw new RangeError('split: there is no part to make.');
  return parts;
}

/** Rounds the running total, so that the parts add up to what their fractions add up to. */
function sizesOf(fractions: readonly number[], n: number): number[] {
  const total = fractions.reduce((a, b) => a + b, 0);
  if (!fractions.every((f) => f > 0) || !(total <= 1 + 1e-9)) {
    throw new RangeError(
      `split: fractions must be > 0 and add up to at most 1, got ${fractions.join(', ')}.`,
    );
  }
  let [share, end] = [0, 0];
  return fractions.map((fraction) => {
    share += fraction;
    const start = end;
    end = Math.round(n * Math.min(1, share));
    if (end === start) {
      throw new RangeError(
        `split: a fraction of ${fraction} of ${n} rows is no row.\n  Ask for a larger one.`,
      );
    }
    return end - start;
  });
}

function checkSizes(sizes: readonly number[], n: number): readonly number[] {
  for (const size of sizes) requireCount('split', 'every size', size, n);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total > n) {
    throw new RangeError(
      `split: sizes ${sizes.join(' + ')} = ${total} are more than the ${n} rows there are.`,
    );
  }
  return sizes;
}

/** What to stratify by, or null for no stratification. */
export function labelsOf(
  where: string,
  dataset: Dataset,
  stratify: boolean | undefined,
): ArrayLike<number> | null {
  if (stratify === false) return null;
  if (dataset.classes !== undefined) return dataset.y.data();
  if (stratify === undefined) return null;
  throw new TypeError(
    `${where}: cannot stratify ${dataset.name}, which has no classes.\n` +
      '  Pass stratify: false, or make the Dataset with `classes`.',
  );
}

function unstratified(stratify: boolean | undefined): null {
  if (stratify !== true) return null;
  throw new TypeError(
    'split: cannot stratify a table, which has no classes.\n  Leave stratify out, or split the Dataset that table.dataset makes.',
  );
}

function cut(order: ArrayLike<number>, sizes: readonly number[]): number[][] {
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return Array.from({ length: size }, (_, i) => order[end - size + i]!);
  });
}

/** Of every class, the first rows in the order go to the first part, the next to the second, ... */
function cutByClass(
  order: ArrayLike<number>,
  sizes: readonly number[],
  labels: ArrayLike<number>,
): number[][] {
  const remaining = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    remaining.set(labels[i]!, (remaining.get(labels[i]!) ?? 0) + 1);
  }
  const due = sizes.map((size) => allot(size, remaining));
  const parts: number[][] = sizes.map(() => []);
  for (let i = 0; i < order.length; i++) {
    const label = labels[order[i]!]!;
    const part = due.findIndex((counts) => (counts.get(label) ?? 0) > 0);
    if (part === -1) continue;
    due[part]!.set(label, due[part]!.get(label)! - 1);
    parts[part]!.push(order[i]!);
  }
  return parts;
}

/** Shares `size` rows out in proportion to what remains of each class, and takes them from it. */
function allot(size: number, remaining: Map<number, number>): Map<number, number> {
  const total = [...remaining.values()].reduce((a, b) => a + b, 0);
  const quotas = [...remaining].map(([label, count]) => ({ label, quota: (size * count) / total }));
  const counts = new Map(quotas.map(({ label, quota }) => [label, Math.floor(quota)]));
  const short = size - [...counts.values()].reduce((a, b) => a + b, 0);
  const rest = ({ quota, label }: { quota: number; label: number }): number =>
    quota - counts.get(label)!;
  quotas.sort((a, b) => rest(b) - rest(a) || a.label - b.label);
  const up = new Set(quotas.slice(0, short).map(({ label }) => label));
  for (const [label, count] of counts) {
    counts.set(label, count + (up.has(label) ? 1 : 0));
    remaining.set(label, remaining.get(label)! - counts.get(label)!);
  }
  return counts;
}
