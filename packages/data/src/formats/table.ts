import { type DType, Tensor, tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { Dataset } from '../dataset.ts';
import { FormatError } from './format-error.ts';

/** Options of `Table.tensor`. */
export interface TableTensorOptions {
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** What an empty cell, `NA`, `NaN`, `null` or `?` becomes. @defaultValue none: it is an error */
  readonly missing?: number;
}

/** Options of `Table.dataset`. */
export interface TableDatasetOptions extends TableTensorOptions {
  /** The column of labels or targets. */
  readonly target: string;
  /** Whether the target is a class, else a number. @defaultValue false */
  readonly classes?: boolean;
  /** The columns of the inputs. @defaultValue all but the target */
  readonly inputs?: readonly string[];
}

/** A column of classes. */
export interface ColumnLabels {
  /** int32 `[n]`: positions in `classes`. */
  readonly y: Tensor;
  /** The different texts: in numeric order if all are numbers, else in order of their characters. */
  readonly classes: readonly string[];
}

const knownOfTensor: OptionNames<TableTensorOptions> = { dtype: true, missing: 'number' };

const knownOfDataset: OptionNames<TableDatasetOptions> = {
  ...knownOfTensor,
  target: 'string',
  classes: 'boolean',
  inputs: true,
};

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const gaps: ReadonlySet<string> = /* @__PURE__ */ new Set(['', 'na', 'nan', 'null', '?']);

/** The different texts: in numeric order if all are numbers, else in order of their characters. */
export function classesOf(cells: readonly string[]): string[] {
  const classes = [...new Set(cells)];
  const areNumbers = classes.every((text) => number.test(text.trim()));
  return classes.sort((a, b) => (areNumbers && Number(a) - Number(b)) || (a < b ? -1 : 1));
}

/**
 * Cells of text in named columns, as `readCsv` gives them.
 *
 * @example
 * ```ts
 * const table = new data.Table(['x', 'kind'], [['1', 'b'], ['2', 'a']]);
 * table.tensor(['x']).toArray(); // => [[1], [2]]
 * table.labels('kind').y.toArray(); // => [1, 0]
 * table.dataset({ target: 'kind', classes: true }).classes; // => 2
 * ```
 */
export class Table {
  /** Their names, in the order of the file. */
  readonly columns: readonly string[];
  readonly #rows: readonly (readonly string[])[];
  readonly #positions: ReadonlyMap<string, number>;
  /** What the rows were taken from: parts of one table must number their classes alike. */
  #whole: Table = this;

  /** @throws FormatError for two columns of one name, or a row of another width */
  constructor(columns: readonly string[], rows: readonly (readonly string[])[]) {
    this.columns = [...columns];
    this.#rows = rows;
    this.#positions = new Map(columns.map((name, i) => [name, i]));
    if (this.#positions.size < columns.length) {
      const twice = columns.find((name, i) => this.#positions.get(name) !== i);
      throw new FormatError(
        `Table: two columns are called '${twice}'.\n  Rename one, or read the file without a header.`,
      );
    }
    const ragged = rows.findIndex((row) => row.length !== columns.length);
    if (ragged >= 0) {
      throw new FormatError(
        `Table: row ${ragged + 1} has ${rows[ragged]!.length} cells, not ${columns.length}.\n  Is the delimiter right, and a cell that holds it quoted?`,
      );
    }
  }

  /** Number of rows, without the header. */
  get size(): number {
    return this.#rows.length;
  }

  /** The cells of a column, as they are. @throws RangeError if there is no such column */
  column(name: string): string[] {
    const k = this.#position(name);
    return this.#rows.map((row) => row[k]!);
  }

  /**
   * The rows at these positions, in this order; a position may repeat. `labels` numbers classes as in the
   * whole table, so that parts agree.
   *
   * @throws RangeError for a position that is not an integer in `[0, size)`
   */
  take(indices: Tensor | readonly number[]): Table {
    const positions = indices instanceof Tensor ? Array.from(indices.data()) : indices;
    const rows = positions.map((i) => {
      const row = this.#rows[i];
      if (row !== undefined) return row;
      throw new RangeError(
        `Table.take: ${i} is not a row of ${this.size}.\n  Rows are integers from 0.`,
      );
    });
    return this.#derived(this.columns, rows);
  }

  /**
   * The table with other columns in place of one.
   *
   * @param name  the column that goes
   * @param columns  what comes, by name, a cell for every row
   * @throws RangeError if there is no such column; FormatError if a name is there already, or a column has
   * another number of cells
   */
  replace(name: string, columns: Readonly<Record<string, readonly string[]>>): Table {
    const k = this.#position(name);
    const entries = Object.entries(columns);
    for (const [added, { length }] of entries) {
      if (length === this.size) continue;
      throw new FormatError(
        `Table.replace: the column '${added}' has ${length} cells for ${this.size} rows.`,
      );
    }
    const names = this.columns.toSpliced(k, 1, ...entries.map(([added]) => added));
    const rows = this.#rows.map((row, i) =>
      row.toSpliced(k, 1, ...entries.map(([, cells]) => cells[i]!)),
    );
    return this.#derived(names, rows);
  }

  #derived(columns: readonly string[], rows: readonly (readonly string[])[]): Table {
    const table = new Table(columns, rows);
    table.#whole = this.#whole;
    return table;
  }

  /**
   * Columns as numbers.
   *
   * @param columns  their names, in the order wanted. @defaultValue all
   * @returns `[size, columns]`
   * @throws FormatError for a cell that is no decimal number; RangeError for an unknown column;
   * DTypeError if the dtype cannot hold a value
   */
  tensor(columns: readonly string[] = this.columns, options: TableTensorOptions = {}): Tensor {
    requireOptions('Table.tensor', options, knownOfTensor);
    const positions = columns.map((name) => this.#position(name));
    const values = new Float64Array(this.size * positions.length);
    let at = 0;
    for (const [i, row] of this.#rows.entries()) {
      for (const k of positions) values[at++] = this.#number(row[k]!, i, k, options.missing);
    }
    const { dtype = 'float32' } = options;
    return tensor(values, { shape: [this.size, positions.length], dtype });
  }

  /**
   * A column as classes; those of the whole table if this is a part of one.
   *
   * @throws RangeError if there is no such column
   */
  labels(name: string): ColumnLabels {
    const cells = this.column(name);
    const others = this.#whole.#positions.has(name) ? this.#whole.column(name) : [];
    const classes = classesOf([...others, ...cells]);
    const codes = new Map(classes.map((text, code) => [text, code]));
    return { y: tensor(Int32Array.from(cells, (text) => codes.get(text)!)), classes };
  }

  /**
   * Inputs and targets: `x` `[n, inputs]` with the names of their columns, `y` int32 `[n]` with `classes`, else of the inputs' dtype `[n, 1]`.
   *
   * @throws as `tensor` and `labels`
   */
  dataset(options: TableDatasetOptions): Dataset {
    requireOptions('Table.dataset', options, knownOfDataset);
    const { target, classes = false, inputs, ...rest } = options;
    const featureNames = inputs ?? this.columns.filter((name) => name !== target);
    const common = { x: this.tensor(featureNames, rest), featureNames, name: 'csv' };
    if (!classes) return new Dataset({ ...common, y: this.tensor([target], rest) });
    const labels = this.labels(target);
    return new Dataset({ ...common, y: labels.y, classes: labels.classes.length });
  }

  #position(name: string): number {
    const k = this.#positions.get(name);
    if (k !== undefined) return k;
    throw new RangeError(
      `Table: there is no column '${name}'; there is ${this.columns.join(', ') || 'none'}.`,
    );
  }

  #number(cell: string, row: number, column: number, missing: number | undefined): number {
    const text = cell.trim();
    if (number.test(text)) {
      const value = Number(text);
      if (Number.isFinite(value)) return value;
      throw new FormatError(
        `Table: ${text.slice(0, 40)} in row ${row + 1}, column '${this.columns[column]}' is beyond the largest number.\n  Correct the cell, or read the column as text.`,
      );
    }
    if (missing !== undefined && gaps.has(text.toLowerCase())) return missing;
    const hint = gaps.has(text.toLowerCase())
      ? 'Pass { missing: NaN } or another number for such cells.'
      : this.columns.length === 1 && /[;\t|]/.test(cell)
        ? `Is the delimiter another one? readCsv(text, { delimiter: ${JSON.stringify(/[;\t|]/.exec(cell)![0])} }).`
        : `Choose the columns of numbers: tensor(['a', 'b']).`;
    throw new FormatError(
      `Table: '${text.slice(0, 40)}' in row ${row + 1}, column '${this.columns[column]}' is no number.\n  ${hint}`,
    );
  }
}
