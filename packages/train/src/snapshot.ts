import { stopGradient, type Tensor } from '@tikhonov/core';
import type { Model } from './model.ts';

/** The values of a model's cells at one moment. */
export type Snapshot = Readonly<Record<string, Tensor>>;

/**
 * The values of all cells of the model now: parameters and running state. Tensors never change, so
 * nothing is copied.
 */
export const takeSnapshot = (model: Model): Snapshot =>
  Object.fromEntries(
    Object.entries(model.namedCells()).map(([name, cell]) => [name, stopGradient(cell.read())]),
  );

/**
 * Puts the values back, exactly.
 *
 * @throws Error if the model has not the same cells any more
 */
export function restoreSnapshot(model: Model, snapshot: Snapshot): void {
  const cells = model.namedCells();
  const names = [...new Set([...Object.keys(cells), ...Object.keys(snapshot)])];
  const changed = names.filter((name) => !(name in cells && name in snapshot));
  if (changed.length > 0) {
    throw new Error(
      `restoreSnapshot: the model's cells have changed: ${changed.join(', ')}.\n` +
        '  Restore into the model that the snapshot was taken of.',
    );
  }
  for (const [name, value] of Object.entries(snapshot)) cells[name]!.write(value);
}
