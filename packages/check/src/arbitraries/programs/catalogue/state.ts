import * as core from '@tikhonov/core';
import { isFloating } from '@tikhonov/core';
import { type Author, type Known, Rejection } from '../author.ts';
import { call, callWith, fixed, operand, readCell, requirement, writeCell } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { drawShape, drawTensor } from '../values.ts';
import { floatOf, type Item } from './item.ts';

/** A cell there is, or a new one while there are few. */
function someCell(author: Author): number {
  const { dice, cells, kind } = author;
  if (kind !== 'program' && cells.length === 0) throw new Rejection('no cells');
  if (cells.length > 0 && (kind !== 'program' || cells.length >= 4 || !dice.once(3)))
    return dice.integer(0, cells.length - 1);
  const dtype = dice.pick([floatOf(author), floatOf(author), 'int32', 'uint32', 'bool'] as const);
  const range: [number, number] =
    dtype === 'uint32' ? [0, 2 ** 32 - 1] : dtype === 'bool' ? [0, 1] : [-3, 3];
  return author.cell(drawTensor(dice, drawShape(author, { maxRank: 2 }), dtype, range, false));
}

const fitting = (author: Author, at: number): Known => {
  const { shape, dtype } = author.cells[at]!;
  return operandFor(author, {
    shape,
    dtype,
    ...(isFloating(dtype) ? { range: { min: -9, max: 9 } } : {}),
  });
};

const read: Item = {
  name: 'cell read',
  weight: 2,
  write: (author) => {
    author.emit(readCell(someCell(author)), []);
  },
};

const write: Item = {
  name: 'cell write',
  weight: 2,
  write: (author) => {
    const at = someCell(author);
    author.emit(writeCell(at), [fitting(author, at)]);
  },
};

/** A running mean, or a count. */
const update: Item = {
  name: 'cell update',
  weight: 3,
  write: (author) => {
    const at = someCell(author);
    const old = author.one(readCell(at));
    const { dtype } = author.cells[at]!;
    if (dtype === 'bool')
      return void author.emit(writeCell(at), [
        author.one(callWith('logicalNot', core.logicalNot, 1), old),
      ]);
    if (!isFloating(dtype))
      return void author.emit(writeCell(at), [author.one(callWith('add', core.add, 1, 1), old)]);
    const mean = author.one(callWith('lerp', core.lerp, 2, 0.1), old, fitting(author, at));
    author.emit(writeCell(at), [mean]);
  },
};

/** A requirement that holds, or now and then one that does not. */
const required: Item = {
  name: 'check',
  weight: 2,
  write: (author) => {
    const { dice } = author;
    const dtype = dice.pick(['int32', floatOf(author)] as const);
    const x = operandFor(author, { shape: drawShape(author), dtype, exact: true, finite: true });
    const values = x.value.data();
    const fails = dice.once(5) && values.length > 0;
    const bound = fails ? values[dice.integer(0, values.length - 1)]! : Math.max(0, ...values) + 1;
    const condition = author.one(
      call('less', core.less, [operand(0), fixed(isFloating(dtype) ? bound : Math.trunc(bound))]),
      x,
    );
    author.require(requirement('too large'), condition, fails);
  },
};

/** Cells and requirements, which functions that are differentiated do not have. */
export const state: readonly Item[] = [read, write, update, required];
