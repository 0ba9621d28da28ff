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

/** What was found of a tensor that is not finite. */
export type Found = Pick<NonFiniteReport, 'tensor' | 'value'>;

/** What a step throws when its loss is not finite; `fit` makes a `NonFiniteError` of it. */
export class NonFiniteLoss extends Error {
  override readonly name: string = 'NonFiniteLoss';
  /** Looks for the first tensor on the way to the loss that is not finite. */
  readonly find: () => Found | undefined;

  constructor(find: () => Found | undefined) {
    super('fit: the loss is not finite.');
    this.find = find;
  }
}

/** A tensor and what to call it. */
export type Labelled = readonly [label: string, tensor: Tensor];

/** The first tensor with a value that is not finite, and that value. */
export function firstNonFinite(tensors: Iterable<Labelled>): Found | undefined {
  for (const [label, tensor] of tensors) {
    if (!isFloating(tensor.dtype)) continue;
    const data = tensor.data();
    for (let i = 0; i < data.length; i++) {
      // x - x is 0 for finite numbers, else NaN.
      if (data[i]! - data[i]! !== 0) return { tensor: label, value: data[i]! };
    }
  }
  return undefined;
}

/** The values of cells under the names that reports use. */
export const labelledCells = (cells: Readonly<Record<string, Cell>>): Labelled[] =>
  Object.entries(cells).map(([name, cell]) => [
    `${cell instanceof Parameter ? 'parameter' : 'state'} ${name}`,
    cell.read(),
  ]);
