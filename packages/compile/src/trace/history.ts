import { type Cell, Parameter } from '@tikhonov/core';

/**
 * What derivatives see of a cell's value: that it is a parameter's, nothing, or something from elsewhere.
 * The last two, of a parameter, are what `withValues` puts there.
 */
export type History = 'own' | 'none' | 'other';

/** That of what a cell holds now. What a program has left there is as if it had been written. */
export function historyOf(cell: Cell): History {
  if (cell.residence !== null) return cell instanceof Parameter ? 'own' : 'none';
  const { node } = cell.peek();
  if (node === null) return 'none';
  return node.cell === cell ? 'own' : 'other';
}

/** Whether derivatives see of cells what they saw. */
export function isSeenAs(histories: ReadonlyMap<Cell, History>): boolean {
  for (const [cell, history] of histories) if (historyOf(cell) !== history) return false;
  return true;
}

/** Whether one of the cells holds what depends on something else that is differentiated. */
export function hasOther(histories: ReadonlyMap<Cell, History>): boolean {
  for (const [cell] of histories) if (historyOf(cell) === 'other') return true;
  return false;
}
