import { describe, expect, test } from '@jest/globals';
import { type OneHotColumnsOptions, oneHotColumns, split, Table } from '@tikhonov/data';

const table = new Table(
  ['size', 'colour', 'grade', 'kind'],
  [
    ['1', 'red', '10', 'a'],
    ['2', 'blue', '9', 'b'],
    ['3', 'red', '9', 'b'],
    ['4', 'green', '9', 'c'],
  ],
);
const learn = table.take([0, 1, 2]);
const held = table.take([3]);

describe('oneHotColumns', () => {
  test('a column per category of the training part, in its place', () => {
    const coder = oneHotColumns(learn, { columns: ['grade', 'colour'] });
    expect(coder.categories).toEqual({ grade: ['9', '10'], colour: ['blue', 'red'] });
    const coded = coder.apply(learn);
    expect(coded.columns).toEqual([
      'size',
      ...['colour=blue', 'colour=red'],
      ...['grade=9', 'grade=10'],
      'kind',
    ]);
    const set = coded.dataset({ target: 'kind', classes: true });
    expect(set.featureNames).toEqual(coded.columns.slice(0, -1));
    expect(set.x.toArray()).toEqual([
      [1, 0, 1, 0, 1],
      [2, 1, 0, 1, 0],
      [3, 0, 1, 1, 0],
    ]);
  });

  test('a category that only other parts have is an error that names it, or zeros', () => {
    expect(() => oneHotColumns(learn, { columns: ['colour'] }).apply(held)).toThrow(
      new RangeError(
        "oneHotColumns.apply: 'green' in row 1, column 'colour' is no category of the training part: 'blue', 'red'.\n" +
          "  Pass unknown: 'zeros' to code it as none of them, or train on rows that have it.",
      ),
    );
    const coder = oneHotColumns(learn, { columns: ['colour'], unknown: 'zeros' });
    expect(coder.apply(held).tensor(['colour=blue', 'colour=red']).toArray()).toEqual([[0, 0]]);
  });

  test('every known row has one 1 per column', () => {
    const many = new Table(
      ['c'],
      Array.from({ length: 100 }, (_, i) => [`k${(i * i) % 23}`]),
    );
    const rows = oneHotColumns(many, { columns: ['c'] })
      .apply(many)
      .tensor()
      .sum({ axis: 1 });
    expect([...rows.data()]).toEqual(Array(100).fill(1));
  });

  test('names of any kind are names', () => {
    const odd = new Table(
      ['__proto__', 'x'],
      [
        ['constructor', '1'],
        ['', '2'],
      ],
    );
    const coded = oneHotColumns(odd, { columns: ['__proto__'] }).apply(odd);
    expect(coded.columns).toEqual(['__proto__=', '__proto__=constructor', 'x']);
    expect(coded.tensor().toArray()).toEqual([
      [0, 1, 1],
      [1, 0, 2],
    ]);
  });

  test('arguments are checked', () => {
    const attempt = (options: object) => () =>
      oneHotColumns(learn, options as OneHotColumnsOptions);
    expect(attempt({ columns: ['shade'] })).toThrow("there is no column 'shade'");
    expect(attempt({ columns: [] })).toThrow('there are no columns to code');
    expect(attempt({ columns: ['kind', 'kind'] })).toThrow("'kind' is named twice");
    expect(attempt({ columns: 'colour' })).toThrow(
      "columns must be an array of names, got 'colour'",
    );
    expect(attempt({ columns: ['kind'], unknown: 'skip' })).toThrow(
      "unknown must be 'error' or 'zeros', got 'skip'",
    );
    expect(attempt({ column: 'kind' })).toThrow('unknown option "column"');
    expect(() => oneHotColumns(table.take([]), { columns: ['kind'] })).toThrow('has no rows');
    const rows: unknown = [['red']];
    expect(() => oneHotColumns(rows as Table, { columns: ['kind'] })).toThrow('needs a Table');
  });
});

describe('parts of a table', () => {
  test('number their classes as the whole does, coded or not', () => {
    expect(held.labels('kind')).toMatchObject({ classes: ['a', 'b', 'c'] });
    const coder = oneHotColumns(learn, { columns: ['colour'], unknown: 'zeros' });
    const set = coder.apply(held).dataset({ target: 'kind', classes: true, inputs: ['size'] });
    expect([set.classes, set.y.toArray(), set.x.toArray()]).toEqual([3, [2], [[4]]]);
  });

  test('come from split, with every row in one of them', () => {
    const { train, test: rest } = split(table, { sizes: { train: 3, test: 1 }, seed: 2 });
    expect([train.size, rest.size]).toEqual([3, 1]);
    expect([...train.column('size'), ...rest.column('size')].sort()).toEqual(['1', '2', '3', '4']);
    expect(() => split(table, { sizes: [1], stratify: true })).toThrow('cannot stratify a table');
  });

  test('take rows that are there, repeated or not', () => {
    expect(table.take([3, 0, 3]).column('size')).toEqual(['4', '1', '4']);
    expect(() => table.take([4])).toThrow('Table.take: 4 is not a row of 4');
    expect(() => table.take([-1])).toThrow(RangeError);
    expect(() => table.take([0.5])).toThrow(RangeError);
  });

  test('replace checks what comes', () => {
    expect(() => table.replace('kind', { k: ['1'] })).toThrow("'k' has 1 cells for 4 rows");
    const cells = ['1', '2', '3', '4'];
    expect(() => table.replace('kind', { size: cells })).toThrow("two columns are called 'size'");
    expect(table.replace('kind', {}).columns).toEqual(['size', 'colour', 'grade']);
    // Every cell has a class, those that the whole table has not, too.
    const renamed = table.replace('size', { size: ['z', '1', '1', '1'] }).labels('size');
    expect(renamed.y.toArray()).toEqual([4, 0, 0, 0]);
  });
});
