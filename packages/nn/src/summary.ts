import { type DType, Parameter, type Shape } from '@tikhonov/core';
import { kindOf, showShape } from '@tikhonov/core/engine';
import type { Module } from './module.ts';

/** One cell of a model. */
export interface SummaryRow {
  /** As in `stateDict`. */
  readonly name: string;
  /** The class of the module whose own it is. */
  readonly layer: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Number of elements. */
  readonly count: number;
  /** Whether gradients are taken of it; if not, it is a buffer: running statistics, keys, strengths. */
  readonly trainable: boolean;
}

const bytesOf: Readonly<Record<DType, number>> = {
  float64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  bool: 1,
};

/** What a model holds; prints as a table. */
export class ModelSummary {
  /** Name of the model's class. */
  readonly model: string;
  /** One per cell, in the order of `stateDict`; what is shared is listed once. */
  readonly rows: readonly SummaryRow[];
  /** Trainable elements. */
  readonly parameters: number;
  /** Elements of buffers. */
  readonly buffers: number;
  /** Memory of all values, without gradients and optimizer state. */
  readonly bytes: number;

  constructor(model: string, rows: readonly SummaryRow[]) {
    const total = (of: (row: SummaryRow) => number): number =>
      rows.reduce((sum, row) => sum + of(row), 0);
    this.model = model;
    this.rows = rows;
    this.parameters = total((row) => (row.trainable ? row.count : 0));
    this.buffers = total((row) => (row.trainable ? 0 : row.count));
    this.bytes = total((row) => row.count * bytesOf[row.dtype]);
  }

  /** The table. */
  toString(): string {
    const head = ['name', 'layer', 'shape', 'dtype', 'count', 'trainable'];
    const cells = this.rows.map(({ name, layer, shape, dtype, count, trainable }) => [
      name,
      layer,
      showShape(shape),
      dtype,
      grouped(count),
      trainable ? 'yes' : 'no',
    ]);
    const widths = head.map((title, k) =>
      Math.max(title.length, ...cells.map((row) => row[k]!.length)),
    );
    // Numbers end, texts begin in the same column.
    const line = (row: readonly string[]): string =>
      row
        .map((text, k) => (k === 4 ? text.padStart(widths[k]!) : text.padEnd(widths[k]!)))
        .join('  ')
        .trimEnd();
    const rule = '-'.repeat(widths.reduce((sum, w) => sum + w + 2, -2));
    const buffers = this.buffers === 0 ? '' : `, ${grouped(this.buffers)} in buffers`;
    return [
      line(head),
      rule,
      ...cells.map(line),
      rule,
      `${this.model}: ${grouped(this.parameters)} trainable parameters${buffers}, ${memory(this.bytes)}`,
    ].join('\n');
  }
}

/** 1234567 as 1,234,567. */
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

function memory(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let [size, unit] = [bytes / 1000, 0];
  for (; size >= 999.95 && unit < units.length - 1; unit++) size /= 1000;
  return `${size.toFixed(1)} ${units[unit]}`;
}

/**
 * What a model holds: name, layer, shape, dtype, number of elements of every parameter and buffer, and totals.
 * As text (in a template, `String(...)` or the console) it is a table; its fields are for programs.
 *
 * @throws TypeError if it is not a Module
 * @example
 * ```ts
 * const { parameters, rows } = nn.summary(nn.mlp([4, 3], { seed: 0 }));
 * parameters; // => 15
 * rows[0].name; // => 'layers.0.weight'
 * String(nn.summary(new nn.Linear(2, 1, { seed: 0 }))).split('\n').at(-1); // => 'Linear: 3 trainable parameters, 12 B'
 * ```
 */
export function summary(model: Module): ModelSummary {
  if (typeof model?.namedCells !== 'function') {
    throw new TypeError(
      `summary: needs a Module, got ${kindOf(model)}.\n  Functions of a tensor have no parameters to list.`,
    );
  }
  const modules = Object.entries(model.namedModules());
  const rows = Object.entries(model.namedCells()).map(
    ([name, cell]): SummaryRow => ({
      name,
      layer: layerOf(name, modules),
      shape: cell.shape,
      dtype: cell.dtype,
      count: cell.shape.reduce((product, n) => product * n, 1),
      trainable: cell instanceof Parameter,
    }),
  );
  const made = new ModelSummary(model.constructor.name, rows);
  // What Node's console prints, instead of fields.
  Object.defineProperty(made, Symbol.for('nodejs.util.inspect.custom'), {
    value: () => made.toString(),
  });
  return made;
}

/** The class of the innermost module whose name the cell's begins with. */
function layerOf(cell: string, modules: readonly (readonly [string, Module])[]): string {
  const owners = modules.filter(([path]) => path === '' || cell.startsWith(`${path}.`));
  const [first, ...others] = owners.map(([path, module]) => ({ path, module }));
  const owner = others.reduce((a, b) => (b.path.length > a.path.length ? b : a), first!);
  return owner.module.constructor.name;
}
