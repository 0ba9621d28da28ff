import { sameShape } from '@tikhonov/array';
import { Cell } from '../cell.ts';
import { DTypeError, kindOf, requireFunction, ShapeError, showShape } from '../errors.ts';
import { within } from '../interpreter.ts';
import { Tensor } from '../tensor.ts';
import { isPlainObject } from '../tree.ts';

/**
 * Calls `body` with cells rebound to the given values, history included, and puts their own back
 * afterwards, whatever it wrote to them: what reads the cells as a function of their values, for `grad`,
 * `jvp`, `hvp` and `vmap` over them. For a model see `nn.functionalCall`.
 *
 * @param cells  by name, as `model.namedParameters()` or `model.namedCells()` gives them
 * @param values  for all or some of the names, of the same shape and dtype as the cell; a cell among them
 * stands for its present value
 * @throws TypeError for a name that is not among the cells; ShapeError or DTypeError if a value does
 * not fit its cell
 * @example
 * ```ts
 * const w = parameter(tensor([1, 2]));
 * withValues({ w }, { w: tensor([3, 4]) }, () => sum(w)).item(); // => 7
 * sum(w).item(); // => 3
 * ```
 */
export function withValues<T>(
  cells: Readonly<Record<string, Cell>>,
  values: Readonly<Record<string, Tensor | Cell>>,
  body: () => T,
): T {
  for (const record of [cells, values]) {
    if (!isPlainObject(record)) {
      throw new TypeError('withValues: needs records of cells and of tensors, by name.');
    }
  }
  requireFunction('withValues', body);
  const pairs = Object.entries(values).map(([name, given]) => {
    const value = given instanceof Cell ? given.read() : given;
    const cell = Object.hasOwn(cells, name) ? cells[name] : undefined;
    if (cell === undefined) {
      throw new TypeError(
        `withValues: there is no cell "${name}".\n  Known: ${Object.keys(cells).join(', ') || 'none'}.`,
      );
    }
    requireFit(name, cell, value);
    // A trace must know what the cell holds before it sees another value there.
    cell.read();
    return [cell, value] as const;
  });
  return within({}, () => {
    const before = pairs.map(([cell, value]) => [cell, cell.swap(value)] as const);
    try {
      return body();
    } finally {
      for (const [cell, value] of before.reverse()) cell.swap(value);
    }
  });
}

function requireFit(name: string, cell: Cell, value: unknown): void {
  if (!(value instanceof Tensor)) {
    throw new TypeError(`withValues: "${name}" must be a Tensor, got ${kindOf(value)}.`);
  }
  if (!sameShape(value.shape, cell.shape)) {
    throw new ShapeError(
      `withValues: "${name}" holds shape ${showShape(cell.shape)}, given ${showShape(value.shape)}.`,
    );
  }
  if (value.dtype !== cell.dtype) {
    throw new DTypeError(
      `withValues: "${name}" holds ${cell.dtype}, given ${value.dtype}. Cast with astype('${cell.dtype}').`,
    );
  }
}
