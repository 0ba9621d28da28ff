import type { Product } from './product.ts';

/** Columns that are computed together: vectors at fixed distances from a first column. */
export interface Panel {
  /** Its first column, and how many panels like it follow one another. */
  readonly first: number;
  readonly count: number;
  /** Where each vector starts, in columns after the first; neighbours may overlap. */
  readonly starts: readonly number[];
  /** Lanes of each vector that are stored. */
  readonly lanes: number;
  /** Rows of its tile. */
  readonly rows: number;
}

/** Vector registers for sums and factors, on processors with 16: engines keep one or two. */
const registers = 14;

/** Rows of a tile with so many vectors: as many as registers hold, or fewer if they divide better. */
const rowsFor = ({ m, profile }: Product, vectors: number): number => {
  const { wide, ordered, relaxed } = profile;
  const across = wide && vectors % 2 === 0 ? vectors / 2 : vectors;
  // Sums that hide the latency of two additions, or fused multiply-adds, begun in every cycle.
  const busy = relaxed ? 8 : 6;
  // Where loads run ahead of the arithmetic, every row's factor needs a register as well; elsewhere one
  // does for all, and one more for a product that is not fused with its sum.
  const fit = ordered
    ? Math.floor((registers - (relaxed ? 0 : 1) - across) / across)
    : Math.floor((registers - across) / (across + 1));
  const most = vectors === profile.vectors ? profile.rows : Math.min(fit, Math.ceil(8 / across));
  const cost = (rows: number): number => (rows === 0 ? 0 : Math.max(busy, rows * across) + 1);
  let best = 1;
  for (let rows = 1; rows <= Math.min(m, most); rows++) {
    const total = (each: number): number => Math.floor(m / each) * cost(each) + cost(m % each);
    if (total(rows) <= total(best)) best = rows;
  }
  return best;
};

/** Vectors of a tile, more than the profile's if there are few rows. */
const vectorsFor = ({ m, profile }: Product): number => {
  const { vectors } = profile;
  if (m >= 3 || vectors > 3) return vectors;
  return m === 1 ? 6 : 4;
};

/** A last vector that would be partial starts earlier, over columns of the vector before it. */
const startsFor = (columns: number, lanes: number): number[] => {
  const starts: number[] = [];
  for (let at = 0; at < columns; at += lanes) {
    starts.push(Math.max(0, Math.min(at, columns - lanes)));
  }
  return starts;
};

/** How the columns are divided. */
export const panelsFor = (product: Product): Panel[] => {
  const { n, format, profile } = product;
  const { lanes } = format;
  const panels: Panel[] = [];
  let first = 0;
  const rows = (vectors: number): number => rowsFor(product, vectors);
  const add = (columns: number, count = 1): void => {
    if (columns === 0 || count === 0) return;
    const starts = startsFor(columns, lanes);
    const kept = Math.min(columns, lanes);
    panels.push({ first, count, starts, lanes: kept, rows: rows(starts.length) });
    first += count * columns;
  };
  const vectors = vectorsFor(product);
  const width = vectors * lanes;
  const whole = Math.floor(n / width);
  const left = n - whole * width;
  if (profile.wide) {
    // Pairs of vectors are widened only if they are adjacent.
    add(width, whole);
    add(left - (left % (2 * lanes)));
    add(left % (2 * lanes));
  } else if (left === 0 || left >= lanes || whole === 0) {
    add(width, whole);
    add(left);
  } else {
    // A single partial vector would keep few lanes busy: it shares the last panel.
    add(width, whole - 1);
    const split = rows(vectors + 1) >= 2 ? 0 : (vectors - 1) * lanes;
    add(split);
    add(width + left - split);
  }
  return panels;
};
