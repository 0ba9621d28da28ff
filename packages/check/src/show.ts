import { Cell, Tensor } from '@tikhonov/core';

/** A case for a person: tensors with shape, dtype and all values, the rest as JSON. */
export function show(value: unknown): string {
  if (value instanceof Tensor) return showTensor(value);
  if (value instanceof Cell) return `Cell ${value.name} ${showTensor(value.read())}`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (ArrayBuffer.isView(value)) return `[${Array.from(value as Float64Array, show).join(', ')}]`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, part]) => `${name}: ${show(part)}`);
    return `{ ${entries.join(', ')} }`;
  }
  return JSON.stringify(value) ?? String(value);
}

function showTensor(x: Tensor): string {
  const nested = (part: unknown): string =>
    Array.isArray(part)
      ? `[${part.map(nested).join(', ')}]`
      : Object.is(part, -0)
        ? '-0'
        : String(part);
  return `${x.dtype}[${x.shape.join(', ')}] ${nested(x.toArray())}`;
}
