import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { requireBytes, utf8 } from './bytes.ts';
import { FormatError } from './format-error.ts';
import { Table } from './table.ts';

/** Options of `readCsv`. */
export interface ReadCsvOptions {
  /** What separates cells: one character. @defaultValue ',' */
  readonly delimiter?: string;
  /** Whether the first row holds the names of the columns. @defaultValue true */
  readonly header?: boolean;
  /** The names of the columns, if the file has none. @defaultValue '0', '1', ... */
  readonly names?: readonly string[];
  /** Lines that begin with it are left out, such as '#'. @defaultValue none */
  readonly comments?: string;
}

const known: OptionNames<ReadCsvOptions> = {
  delimiter: 'string',
  header: 'boolean',
  names: true,
  comments: 'string',
};

/**
 * The cells of a file of comma-separated values, as text; `Table` makes tensors of them. Cells may be
 * quoted, and then hold delimiters, line breaks and doubled quotes. A byte order mark and empty lines are
 * skipped. A row with more or fewer cells than there are columns is an error, not a guess.
 *
 * @param source  the file, UTF-8, or its text
 * @throws FormatError for an empty file, a path in place of its text, ragged rows, quotes that do not close, bytes that are no UTF-8, or columns of
 * one name
 * @throws TypeError or RangeError for bad options
 * @see Shafranovich, "Common Format and MIME Type for Comma-Separated Values (CSV) Files", RFC 4180 (2005)
 * @example
 * ```ts
 * const table = await data.readCsv('height,width,kind\n1,2,"small, flat"\n3,4,big');
 * table.columns; // => ['height', 'width', 'kind']
 * table.tensor(['height', 'width']).toArray(); // => [[1, 2], [3, 4]]
 * table.labels('kind').classes; // => ['big', 'small, flat']
 * ```
 */
export async function readCsv(
  source: string | Uint8Array,
  options: ReadCsvOptions = {},
): Promise<Table> {
  requireOptions('readCsv', options, known);
  const { delimiter = ',', header = true, names, comments } = options;
  if (delimiter.length !== 1 || '"\r\n\ufeff'.includes(delimiter)) {
    throw new RangeError(
      `readCsv: the delimiter must be one character, not a quote or line break, got ${JSON.stringify(delimiter)}.`,
    );
  }
  if (header && names !== undefined) {
    throw new TypeError(
      'readCsv: got names although the file has a header.\n  Pass header: false, or leave names out.',
    );
  }
  const text = textOf(source);
  if (/^[^\s,;]+\.[a-z]{3,4}$/i.test(text)) {
    throw new FormatError(
      `readCsv: got '${text}', which looks like a path.\n  Pass what is in the file: readCsv(await readFile(path)).`,
    );
  }
  if (text.trim() === '') {
    throw new FormatError('readCsv: the file is empty.\n  It needs at least a row of names.');
  }
  const { default: Papa } = await import('papaparse');
  const parsed = Papa.parse<string[]>(text, {
    delimiter,
    skipEmptyLines: true,
    ...(comments === undefined ? {} : { comments }),
  });
  const problem = parsed.errors[0];
  if (problem !== undefined) {
    const row = problem.row === undefined ? '' : ` in row ${problem.row + 1}`;
    throw new FormatError(
      `readCsv: ${problem.message}${row}.\n  Quote a cell wholly, and double quotes in it.`,
    );
  }
  const rows = parsed.data;
  const width = rows[0]?.length ?? names?.length ?? 0;
  const columns = header
    ? (rows[0] ?? [])
    : (names ?? Array.from({ length: width }, (_, i) => String(i)));
  return new Table(columns, header ? rows.slice(1) : rows);
}

function textOf(source: string | Uint8Array): string {
  if (typeof source !== 'string') requireBytes('readCsv', source);
  const text = typeof source === 'string' ? source : utf8('readCsv', source);
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
