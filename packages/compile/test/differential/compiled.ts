import type { Transformation } from '@tikhonov/check';
import type { Cell, Tensor } from '@tikhonov/core';
import { eager, within } from '@tikhonov/core/engine';

/** What is compared with plain calls. */
export const compiled: Transformation =
  (f) =>
  (...args) => {
    const before = new Map<Cell, Tensor>();
    const onWrite = (cell: Cell, value: Tensor): Tensor => {
      if (!before.has(cell)) before.set(cell, cell.read());
      return value;
    };
    try {
      return within({ evaluator: { ...eager, onWrite } }, () => f(...args));
    } catch (error) {
      for (const [cell, value] of before) cell.write(value);
      throw error;
    }
  };
