import { permuteView } from './movement.ts';
import { eachRow, emptyView, type View } from './view.ts';

/**
 * The stable order of the elements along `axis`, as int32 positions. NaN counts as the largest: last
 * when ascending, first when descending; equal elements (0 and -0 too) keep their order either way.
 */
export function argsortKernel(x: View, axis: number, descending: boolean): View {
  const out = emptyView(x.shape, 'int32');
  const length = x.shape[axis]!;
  const rest = x.shape.map((_, k) => k).filter((k) => k !== axis);
  const [step, to] = [x.stride[axis]!, out.stride[axis]!];
  const keys = new Float64Array(length);
  const order = new Int32Array(length);
  const scratch = new Int32Array(length);
  const lines = permuteView(x, rest);
  eachRow(lines.shape, [lines, permuteView(out, rest)], ([start, first], [sx, so], n) => {
    for (let i = 0; i < n; i++) {
      const from = start! + i * sx!;
      let missing = 0;
      for (let k = 0; k < length; k++) {
        // Reversed keys in a stable ascending sort are a stable descending sort.
        const value = x.data[from + k * step]!;
        keys[k] = descending ? -value : value;
        if (Number.isNaN(value)) missing++;
      }
      const low = descending ? missing : 0;
      const high = low + length - missing;
      let [number, nan] = [low, descending ? 0 : high];
      for (let k = 0; k < length; k++) order[Number.isNaN(keys[k]) ? nan++ : number++] = k;
      mergeSort(order, scratch, keys, low, high);
      const at = first! + i * so!;
      for (let k = 0; k < length; k++) out.data[at + k * to] = order[k]!;
    }
  });
  return out;
}

/** Runs of this length are sorted by insertion, which beats merging there. */
const run = 16;

/** Sorts `order[low..high)` by `keys`, stably. Written out: a comparison function costs a call each. */
function mergeSort(
  order: Int32Array,
  scratch: Int32Array,
  keys: Float64Array,
  low: number,
  high: number,
): void {
  for (let start = low; start < high; start += run) {
    insertionSort(order, keys, start, Math.min(start + run, high));
  }
  let [from, into] = [order, scratch];
  for (let width = run; width < high - low; width *= 2) {
    for (let start = low; start < high; start += 2 * width) {
      const middle = Math.min(start + width, high);
      merge(from, into, keys, start, middle, Math.min(middle + width, high));
    }
    [from, into] = [into, from];
  }
  if (from !== order) order.set(from.subarray(low, high), low);
}

function insertionSort(order: Int32Array, keys: Float64Array, low: number, high: number): void {
  for (let i = low + 1; i < high; i++) {
    const item = order[i]!;
    const key = keys[item]!;
    let k = i - 1;
    while (k >= low && keys[order[k]!]! > key) {
      order[k + 1] = order[k]!;
      k--;
    }
    order[k + 1] = item;
  }
}

/** Merges `from[low..middle)` and `from[middle..high)` into `into`; of equals the left comes first. */
function merge(
  from: Int32Array,
  into: Int32Array,
  keys: Float64Array,
  low: number,
  middle: number,
  high: number,
): void {
  let [left, right] = [low, middle];
  for (let at = low; at < high; at++) {
    const takeRight = left >= middle || (right < high && keys[from[left]!]! > keys[from[right]!]!);
    into[at] = takeRight ? from[right++]! : from[left++]!;
  }
}
