import { type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import { classesOf, Table } from './formats/table.ts';

/** Options of `oneHotColumns`. */
export interface OneHotColumnsOptions {
  /** The columns of categories, by name. */
  readonly columns: readonly string[];
  /**
   * What `apply` does with a category that the training data have not: an error, or zeros in all of its
   * columns. @defaultValue 'error', as scikit-learn's `OneHotEncoder`
   */
  readonly unknown?: 'error' | 'zeros';
}

const known: OptionNames<OneHotColumnsOptions> = { columns: true, unknown: true };

/** Categories that were found in the training data and are coded in all. */
export interface OneHotColumns {
  /**
   * Of every column: the categories, in numeric order if all are numbers, else in order of their
   * characters.
   */
  readonly categories: Readonly<Record<string, readonly string[]>>;
  /**
   * The table with every column of categories replaced by one column per category, called
   * `column=category`: '1' where the category is the row's, '0' elsewhere.
   *
   * @throws RangeError for a category that is unknown, unless `unknown` is `'zeros'`, or a column that is
   * not there
   */
  apply(table: Table): Table;
}

/**
 * Finds the categories of some columns of text in the training part of a table. Apply the result to all
 * parts before they become numbers: categories that only the test part has must not become inputs.
 * Cells are compared as they are; an empty one is a category, too.
 *
 * @param train  the training part, such as `split(table, ...)` makes
 * @throws RangeError for no columns, one that is not there or is named twice, an unknown value of `unknown`, or no rows
 * @throws TypeError unless `train` is a table and `columns` are names
 * @example
 * ```ts
 * const table = await data.readCsv('size,colour,kind\n1,red,a\n2,blue,b\n3,red,b\n4,green,a');
 * const parts = { train: table.take([0, 1, 2]), test: table.take([3]) };
 * const colours = data.oneHotColumns(parts.train, { columns: ['colour'], unknown: 'zeros' });
 * colours.categories; // => { colour: ['blue', 'red'] }
 * const learn = colours.apply(parts.train).dataset({ target: 'kind', classes: true });
 * learn.featureNames; // => ['size', 'colour=blue', 'colour=red']
 * learn.x.toArray(); // => [[1, 0, 1], [2, 1, 0], [3, 0, 1]]
 * const held = colours.apply(parts.test).dataset({ target: 'kind', classes: true });
 * held.x.toArray(); // => [[4, 0, 0]]
 * ```
 */
export function oneHotColumns(train: Table, options: OneHotColumnsOptions): OneHotColumns {
  requireTable('oneHotColumns', train);
  requireOptions('oneHotColumns', options, known);
  const { columns, unknown = 'error' } = options;
  requireNames(columns);
  if (unknown !== 'error' && unknown !== 'zeros') {
    throw new RangeError(
      `oneHotColumns: unknown must be 'error' or 'zeros', got ${showValue(unknown)}.`,
    );
  }
  if (train.size === 0) {
    throw new RangeError('oneHotColumns: the training part has no rows to find categories in.');
  }
  const found = columns.map((name) => [name, classesOf(train.column(name))] as const);
  return {
    // Not an object literal: a column may be called __proto__.
    categories: Object.fromEntries(found),
    apply(table) {
      requireTable('oneHotColumns.apply', table);
      return found.reduce((coded, [name, categories]) => {
        const cells = coded.column(name);
        if (unknown === 'error') requireKnown(name, cells, categories);
        return coded.replace(name, indicators(name, cells, categories));
      }, table);
    },
  };
}

const indicators = (
  name: string,
  cells: readonly string[],
  categories: readonly string[],
): Record<string, string[]> =>
  Object.fromEntries(
    categories.map((category) => [
      `${name}=${category}`,
      cells.map((cell) => (cell === category ? '1' : '0')),
    ]),
  );

function requireKnown(name: string, cells: readonly string[], categories: readonly string[]): void {
  const set = new Set(categories);
  const row = cells.findIndex((cell) => !set.has(cell));
  if (row < 0) return;
  const listed = categories.slice(0, 8).map((category) => `'${category}'`);
  const more = categories.length > 8 ? `, ... (${categories.length})` : '';
  throw new RangeError(
    `oneHotColumns.apply: '${cells[row]!.slice(0, 40)}' in row ${row + 1}, column '${name}' is no category of the training part: ${listed.join(', ')}${more}.\n` +
      "  Pass unknown: 'zeros' to code it as none of them, or train on rows that have it.",
  );
}

function requireTable(where: string, table: unknown): void {
  if (table instanceof Table) return;
  throw new TypeError(
    `${where}: needs a Table, got ${showValue(table)}.\n  readCsv makes one; of class labels use oneHotTargets.`,
  );
}

function requireNames(columns: unknown): void {
  const isNames = Array.isArray(columns) && columns.every((name) => typeof name === 'string');
  if (!isNames) {
    throw new TypeError(
      `oneHotColumns: columns must be an array of names, got ${showValue(columns)}.\n  For example { columns: ['colour'] }.`,
    );
  }
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (columns.length > 0 && twice === undefined) return;
  throw new RangeError(
    twice === undefined
      ? 'oneHotColumns: there are no columns to code.'
      : `oneHotColumns: the column '${twice}' is named twice.`,
  );
}
