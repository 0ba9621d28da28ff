import { type Cell, isFloating, Parameter, type Tensor } from '@tikhonov/core';
import type { History, NonFiniteReport } from './history.ts';

/** The training met NaN or an infinity, and stopped before it spread. */
export class NonFiniteError extends Error {
  override readonly name: string = 'NonFiniteError';
  /** Where. */
  readonly report: NonFiniteReport;
  /** The training so far, once `fit` has ended it. */
  history: History | null = null;

  constructor(report: NonFiniteReport) {
    super(
      `fit: ${report.tensor} is not finite (${report.value}) in epoch ${report.epoch}, step ${report.step}.\n` +
        '  Lower the learning rate, clip the gradients, or check the data; ' +
        "onNonFinite: 'stop' ends the training without an error.",
    );
    this.report = report;
  }
}

/** A tensor and what to call it. */
export type Labelled = readonly [label: string, tensor: Tensor];

/** The first tensor with a value that is not finite, and that value. */
export function firstNonFinite(
  tensors: Iterable<Labelled>,
): Pick<NonFiniteReport, 'tensor' | 'value'> | undefined {
  for (const [label, tensor] of tensors) {
    if (!isFloating(tensor.dtype)) continue;
    const value = tensor.data().find((x) => !Number.isFinite(x));
    if (value !== undefined) return { tensor: label, value };
  }
  return undefined;
}

/** The values of cells under the names that reports use. */
export const labelledCells = (cells: Readonly<Record<string, Cell>>): Labelled[] =>
  Object.entries(cells).map(([name, cell]) => [
    `${cell instanceof Parameter ? 'parameter' : 'state'} ${name}`,
    cell.read(),
  ]);
