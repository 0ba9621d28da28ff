import { tensor } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';

/** Rows that name themselves: `x[i] = [i]`, labels with the given counts per class. */
export function countedRows(counts: readonly number[]): Dataset {
  const labels = counts.flatMap((count, label) => Array<number>(count).fill(label));
  return new Dataset({
    x: tensor(
      labels.map((_, i) => i),
      { shape: [labels.length, 1] },
    ),
    y: tensor(Int32Array.from(labels)),
    classes: counts.length,
    name: 'counted',
  });
}

export const rowsOf = (dataset: { readonly x: { data(): ArrayLike<number> } }): number[] =>
  Array.from(dataset.x.data());

export function classCounts(dataset: Dataset): number[] {
  const counts = Array<number>(dataset.classes ?? 0).fill(0);
  for (const label of dataset.y.data()) counts[label]! += 1;
  return counts;
}

export const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
