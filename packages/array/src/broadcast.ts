import type { Shape } from './view.ts';

/**
 * The shape that both broadcast to by NumPy's rule (align at the last axis; 1 stretches), or
 * `undefined` if there is none.
 */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let k = 1; k <= rank; k++) {
    const x = a[a.length - k] ?? 1;
    const y = b[b.length - k] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out[rank - k] = x === 1 ? y : x;
  }
  return out;
}
