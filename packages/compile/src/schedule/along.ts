/** Whether strides visit so many elements of dense memory, each once. */
export function isChain(
  axes: readonly number[],
  strides: readonly number[],
  count: number,
): boolean {
  let step = 1;
  for (const k of [...axes.keys()].sort((i, j) => strides[i]! - strides[j]!)) {
    if (strides[k] !== step) return false;
    step *= axes[k]!;
  }
  return step === count;
}

/**
 * Another walk over a domain, as strides along the axes of a dense array that the domain visits; `null`
 * if no strides can say it.
 *
 * @param shape  the array's
 * @param axes  sizes of the domain's axes
 * @param own  the walk through the array, which visits every element once
 * @param walk  the other one
 */
export function along(
  shape: readonly number[],
  axes: readonly number[],
  own: readonly number[],
  walk: readonly number[],
): number[] | null {
  const out = new Array<number>(shape.length).fill(0);
  let step = 1;
  for (let at = shape.length - 1; at >= 0; at--) {
    const n = shape[at]!;
    if (n === 1) continue;
    // The axis of the domain in which a step along the array's lies.
    let axis = axes.findIndex((size, k) => own[k]! <= step && step < own[k]! * size);
    if (axis < 0 || step % own[axis]! !== 0) return null;
    const stride = (walk[axis]! * step) / own[axis]!;
    // A long axis goes on where the next one begins.
    for (let end = own[axis]! * axes[axis]!; end < step * n; end = own[axis]! * axes[axis]!) {
      const next = own.indexOf(end);
      if (next < 0 || walk[next] !== (stride * end) / step) return null;
      axis = next;
    }
    out[at] = stride;
    step *= n;
  }
  return out;
}

/** Strides along a domain's axes, of which `axes` says for each stride which it is; -1 for none. */
export function walkOf(
  strides: readonly number[],
  axes: readonly number[],
  count: number,
): number[] {
  const walk = new Array<number>(count).fill(0);
  for (const [k, axis] of axes.entries()) if (axis >= 0) walk[axis] = strides[k]!;
  return walk;
}
