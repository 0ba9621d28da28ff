import { type Panel, panelsFor } from './panels.ts';
import type { Product } from './product.ts';
import type { Format } from './spec.ts';

/** Bytes from one packed panel to the next; a line more than needed, so that they differ in their sets. */
export const panelStride = (panel: Panel, kc: number): number => panel.starts.length * 16 * kc + 64;

/** Every decision about a product that can be made before any code is written. */
export interface Plan {
  readonly kind: 'empty' | 'dot' | 'tiles';
  /** Panels of the full width, then those that hold the columns left over. */
  readonly panels: readonly Panel[];
  readonly packA: boolean;
  readonly packB: boolean;
  /** Steps along k in a block, and rows in a block. */
  readonly kc: number;
  readonly mc: number;
  /** Panels that are packed together. */
  readonly strip: number;
  /** Bytes of scratch: of the packed rows, and of the packed columns that follow them. */
  readonly bytesA: number;
  readonly bytesB: number;
}

/** A block of packed columns, and one of rows, in a second-level cache of 1 MiB or a little less. */
const stripBytes = 256 * 1024;
const stripColumns = 128;
const blockBytes = 512 * 1024;

/** Bytes of a factor that does not stay in the second-level cache beside the rest, or hardly does. */
const farBytes = 896 * 1024;
const nearBytes = 256 * 1024;

/** Bytes of one panel's block, in a first-level cache of 32 KiB with room for the rows. */
const panelBytes = 16 * 1024;

/**
 * How many cache lines, one from each of many rows, the first-level cache holds together: 64 sets of 8
 * lines, of which rows that are a power of two apart use few.
 */
const linesHeld = (strideBytes: number): number => {
  let lines = Math.abs(strideBytes) / 64;
  if (lines < 1) return Number.POSITIVE_INFINITY;
  let sets = 64;
  for (; sets > 1 && lines % 2 === 0; lines /= 2) sets /= 2;
  return sets * 8;
};

/** Parts of nearly one size, none above a limit; sizes are multiples of `step`. */
const evenly = (total: number, limit: number, step: number): number => {
  const parts = Math.ceil(total / Math.max(limit, step));
  return parts <= 1 ? total : Math.ceil(total / parts / step) * step;
};

/** The least common multiple. */
const lcm = (x: number, y: number): number => {
  let [p, q] = [x, y];
  while (q > 0) [p, q] = [q, p % q];
  return (x / p) * y;
};

/**
 * Dot products along k need no packing, which pays as long as there are few rows and the sums are long
 * enough to make up for adding their lanes.
 */
const isDot = ({ m, k, a, b, format, profile }: Product): boolean => {
  if (a.column !== 1 || b.row !== 1 || b.column === 1 || k < format.lanes) return false;
  return m <= 2 || (!profile.wide && m <= 32 && k >= 2 * m);
};

/**
 * Whether a factor that is `across` elements wide, read down its rows, `stride` elements apart, misses
 * the first-level cache so dearly that packing pays. Nothing is fetched ahead from page to page; nearer
 * rows come from the second-level cache in time, if they are there.
 */
const isFar = (
  { k, format }: Product,
  kc: number,
  stride: number,
  across: number,
  often: boolean,
): boolean => {
  if (kc <= linesHeld(stride * format.size)) return false;
  if (Math.abs(stride) * format.size >= 4096) return true;
  return k * across * format.size >= (often ? nearBytes : farBytes);
};

/** Bytes from one packed row to the next: the elements of a tile's rows alternate. */
export const rowStride = (format: Format, kc: number): number => kc * format.size + 16;

/** Makes a plan for a product. */
export const planFor = (product: Product): Plan => {
  const { m, n, k, a, b, format, profile } = product;
  const none = {
    panels: [],
    packA: false,
    packB: false,
    kc: k,
    mc: m,
    strip: 1,
    bytesA: 0,
    bytesB: 0,
  };
  if (m === 0 || n === 0) return { ...none, kind: 'empty' };
  if (isDot(product)) return { ...none, kind: 'dot' };
  const panels = panelsFor(product);
  const main = panels[0]!;
  // A panel that only one tile reads may be as long as it likes.
  const longest = m > main.rows ? panelBytes / (main.starts.length * 16) : k;
  const kc = evenly(k, longest, profile.unroll);
  const same = panels.every((panel) => panel.rows === main.rows);
  const packA =
    same && a.row === 1 && a.column > 1 && n >= 64 && isFar(product, kc, a.column, m, m >= 256);
  const packB = k > 0 && (b.column !== 1 || (m >= 8 && isFar(product, kc, b.row, n, m >= 128)));
  const multiple = panels.reduce((product, panel) => lcm(product, panel.rows), 1);
  const mc =
    m * kc * format.size <= 1.5 * blockBytes
      ? m
      : evenly(m, blockBytes / (kc * format.size), multiple);
  const columns = Math.floor(stripColumns / (main.starts.length * format.lanes));
  const strip = Math.min(
    main.count,
    Math.max(1, Math.min(columns, Math.floor(stripBytes / panelStride(main, kc)))),
  );
  const widest = panels.reduce((most, panel) => Math.max(most, panelStride(panel, kc)), 0);
  return {
    kind: 'tiles',
    panels,
    packA,
    packB,
    kc,
    mc,
    strip,
    bytesA: packA ? Math.ceil((Math.min(m, mc) * rowStride(format, kc)) / 64) * 64 : 0,
    bytesB: packB ? Math.max(strip * panelStride(main, kc), widest) : 0,
  };
};
