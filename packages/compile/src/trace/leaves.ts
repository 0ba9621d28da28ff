import { Cell, Tensor, TraceError } from '@tikhonov/core';
import { argumentAt, nameOf, type SignaturePart } from './signature.ts';

type Parts = readonly SignaturePart[];

/**
 * Refuses arguments that may be the same object with other content at the next call, as data usually is:
 * a program would go on with what they held when it was built.
 */
export function requireSteady(parts: Parts): void {
  for (const { path, kind, key } of parts) {
    if (kind !== 'static' || typeof key !== 'object' || key === null) continue;
    const advice = isNdarray(key)
      ? 'is an ndarray, whose elements a program would fix.\n  Make a tensor of it before the call, with fromNdarray(...).'
      : ArrayBuffer.isView(key)
        ? `is ${nameOf(key)}, whose elements a program would fix.\n  Make a tensor of it before the call, with tensor(...).`
        : key instanceof Promise
          ? 'is a promise.\n  Await it before the call.'
          : isCollection(key) && [...key.values()].some((item) => item instanceof Tensor)
            ? `is ${nameOf(key)} of tensors, which a program would fix.\n  Pass them in an array or an object literal.`
            : null;
    if (advice !== null) throw new TypeError(`compile: ${argumentAt(path)} ${advice}`);
  }
}

/** Throws if tensors of the trace may be in what was returned beside those that were found. */
export function requireFound(parts: Parts, isOwn: (cell: Cell) => boolean): void {
  for (const { kind, key } of parts) {
    if (kind !== 'static' || typeof key !== 'object' || key === null) continue;
    // A cell that was there before holds again what it held.
    if (key instanceof Cell && !isOwn(key)) continue;
    throw new TraceError(
      key instanceof Cell
        ? `compile: the function returned ${cellName(key)}, which it made itself: later calls do not make another one.\n` +
            '  Return cell.read(), or make the cell outside of the function.'
        : `compile: the function returned ${nameOf(key)}, in which tensors cannot be found.\n` +
            '  Return tensors, or arrays and object literals of tensors.',
    );
  }
}

const cellName = ({ name }: Cell): string => (name === '' ? 'a cell' : `the cell "${name}"`);

const isNdarray = (value: object): boolean => 'data' in value && ArrayBuffer.isView(value.data);

const isCollection = (
  value: object,
): value is ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> =>
  value instanceof Map || value instanceof Set;
