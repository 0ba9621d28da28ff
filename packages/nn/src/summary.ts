import { Parameter, showShape } from '@tikhonov/core';
import type { Module } from './module.ts';

/**
 * A table of a model's cells: name, shape, number of elements, and which are state that is not trained.
 *
 * @example
 * ```ts
 * nn.summary(nn.mlp([4, 3], { seed: 0 })).split('\n').at(-1); // => 'total: 15 parameters'
 * ```
 */
export function summary(model: Module): string {
  const cells = Object.entries(model.namedCells());
  const rows = cells.map(([name, cell]) => {
    const size = cell.shape.reduce((product, n) => product * n, 1);
    return { name, shape: showShape(cell.shape), size, trained: cell instanceof Parameter };
  });
  const width = (texts: string[]): number => Math.max(...texts.map((text) => text.length));
  const head = { name: 'name', shape: 'shape', size: 'size' };
  const nameWidth = width([head.name, ...rows.map((row) => row.name)]);
  const shapeWidth = width([head.shape, ...rows.map((row) => row.shape)]);
  const sizeWidth = width([head.size, ...rows.map((row) => String(row.size))]);
  const line = (name: string, shape: string, size: string, note = ''): string =>
    `${name.padEnd(nameWidth)}  ${shape.padEnd(shapeWidth)}  ${size.padStart(sizeWidth)}${note}`;
  const total = (trained: boolean): number =>
    rows.reduce((sum, row) => sum + (row.trained === trained ? row.size : 0), 0);
  const state = total(false);
  return [
    line(head.name, head.shape, head.size),
    ...rows.map((row) =>
      line(row.name, row.shape, String(row.size), row.trained ? '' : '  (state)'),
    ),
    `total: ${total(true)} parameters${state === 0 ? '' : `, ${state} other values`}`,
  ].join('\n');
}
