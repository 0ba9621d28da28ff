import { describe, expect, test } from '@jest/globals';
import { readCsv, Table } from '@tikhonov/data';
import { formatError } from './fixture.ts';

const iris = 'length,width,kind\n5.1,3.5,setosa\n6.2,2.9,"versicolor, large"\n5.9,3.0,setosa\n';

describe('reading', () => {
  test('cells, quoted ones and line breaks of all kinds', async () => {
    const table = await readCsv('a,b\r\n"1\r\n2","say ""hi"""\r\n\r\n3,4');
    expect(table.columns).toEqual(['a', 'b']);
    expect(table.column('a')).toEqual(['1\r\n2', '3']);
    expect(table.column('b')).toEqual(['say "hi"', '4']);
    expect(table.size).toBe(2);
  });

  test('bytes with a byte order mark', async () => {
    const table = await readCsv(new TextEncoder().encode('\ufeffä,b\n1,2'));
    expect(table.columns).toEqual(['ä', 'b']);
  });

  test('files without a header, with other delimiters and comments', async () => {
    const table = await readCsv('# made by hand\n1;2\n3;4', {
      delimiter: ';',
      header: false,
      comments: '#',
    });
    expect(table.columns).toEqual(['0', '1']);
    expect(table.tensor().toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const named = await readCsv('1,2', { header: false, names: ['x', 'y'] });
    expect(named.tensor(['y']).toArray()).toEqual([[2]]);
  });

  test.each([
    ['a row too long', 'a,b\n1,2\n1,2,3', 'row 2 has 3 cells, not 2'],
    ['an open quote', 'a,b\n1,"2', 'Quoted field unterminated'],
    ['two columns of one name', 'a,a\n1,2', "two columns are called 'a'"],
  ])('%s is named', async (_, text, message) => {
    expect(await formatError(() => readCsv(text))).toContain(message);
  });

  test('bytes that are no UTF-8 are refused', async () => {
    expect(await formatError(() => readCsv(new Uint8Array([0xff, 0x2c])))).toContain('not UTF-8');
  });

  test('a column called __proto__ is a column like any other', async () => {
    const table = await readCsv('__proto__,constructor\n1,2');
    expect(table.tensor(['__proto__', 'constructor']).toArray()).toEqual([[1, 2]]);
    expect(Object.hasOwn(Object.prototype, '0')).toBe(false);
  });

  test('options are checked', async () => {
    await expect(readCsv('a', { delimiter: '::' })).rejects.toThrow(
      'the delimiter must be one character',
    );
    await expect(readCsv('a', { names: ['a'] })).rejects.toThrow('Pass header: false');
    await expect(readCsv(1 as never)).rejects.toThrow('needs a Uint8Array');
  });
});

describe('tensors', () => {
  test('inputs and classes', async () => {
    const set = (await readCsv(iris)).dataset({ target: 'kind', classes: true });
    expect(set.x.shape).toEqual([3, 2]);
    expect(set.y.toArray()).toEqual([0, 1, 0]);
    expect(set.classes).toBe(2);
  });

  test('inputs and numbers', async () => {
    const table = await readCsv(iris);
    const set = table.dataset({ target: 'width', inputs: ['length'], dtype: 'float64' });
    expect(set.x.toArray()).toEqual([[5.1], [6.2], [5.9]]);
    expect(set.y.toArray()).toEqual([[3.5], [2.9], [3]]);
  });

  test('classes that are numbers are in the order of numbers', () => {
    const table = new Table(['n'], [['10'], ['9'], ['-1'], ['9']]);
    expect(table.labels('n').classes).toEqual(['-1', '9', '10']);
    expect(table.labels('n').y.toArray()).toEqual([2, 1, 0, 1]);
  });

  test.each(['0x10', '1,5', 'Infinity', '1e', '--1', '1 2'])('%s is no number', async (cell) => {
    const table = new Table(['x'], [['1'], [cell]]);
    expect(await formatError(() => table.tensor())).toContain(
      `'${cell}' in row 2, column 'x' is no number`,
    );
  });

  test('a gap is an error unless it is said what it means', async () => {
    const table = new Table(['x'], [['1'], [''], ['NA']]);
    expect(await formatError(() => table.tensor())).toContain('Pass { missing: NaN }');
    expect(table.tensor(['x'], { missing: -1 }).toArray()).toEqual([[1], [-1], [-1]]);
  });

  test('an unknown column is named', () => {
    expect(() => new Table(['x'], []).tensor(['y'])).toThrow("there is no column 'y'; there is x");
  });
});

describe('readCsv and what is no table', () => {
  test('a path is not taken for the text of a file', async () => {
    await expect(readCsv('/data/iris.csv')).rejects.toThrow(
      /looks like a path.*\n {2}Pass what is in the file/s,
    );
    expect((await readCsv('a.b')).columns).toEqual(['a.b']);
  });

  test('nor is an empty file a table without rows', async () => {
    await expect(readCsv('\n \n')).rejects.toThrow(/^readCsv: the file is empty\.\n/);
    expect((await readCsv('a,b')).size).toBe(0);
  });

  test('a number beyond all numbers is an error, not an infinity', async () => {
    const table = await readCsv('a\n1e400');
    expect(() => table.tensor()).toThrow(/1e400 in row 1, column 'a' is beyond the largest number/);
  });

  test('another delimiter is noticed where numbers are expected', async () => {
    const table = await readCsv('a;b\n1;2');
    expect(() => table.tensor()).toThrow(/Is the delimiter another one\? .*";"/);
  });
});
