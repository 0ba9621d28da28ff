import type { View } from '@tikhonov/core/engine';
import type { Constant, Value } from '../graph/graph.ts';
import { isDense, sizeOf } from '../layout/layout.ts';
import { splatOf, splatView } from './splat.ts';

/** Elements of larger constants are not compared: only the same storage is the same. */
const largest = 65536;

/** Constants without duplicates, and what takes their place. */
export interface SharedConstants {
  readonly constants: readonly Constant[];
  readonly replaced: Map<Value, Value>;
}

/**
 * One constant for all of the same dtype, shape and elements (NaN is NaN, but 0 is not -0). Those that
 * repeat one number hold only that, with strides of 0. The same list if nothing changes.
 */
export function shareConstants(constants: readonly Constant[]): SharedConstants {
  const replaced = new Map<Value, Value>();
  const kept: Constant[] = [];
  const known = new Map<string, Constant[]>();
  let changed = false;
  for (const given of constants) {
    const constant = compact(given);
    const key = keyOf(constant.view);
    const similar = known.get(key) ?? [];
    const twin = similar.find(({ view }) => sameElements(view, constant.view));
    if (twin !== undefined) {
      replaced.set(given.value, twin.value);
      changed = true;
      continue;
    }
    known.set(key, [...similar, constant]);
    kept.push(constant);
    if (constant !== given) changed = true;
  }
  return { constants: changed ? kept : constants, replaced };
}

/** With a storage of one element if there is but one number. */
function compact(constant: Constant): Constant {
  const { value, view } = constant;
  if (view.data.length <= 1) return constant;
  const number = splatOf(view) ?? repeatedIn(view);
  return number === undefined ? constant : { value, view: splatView(number, view) };
}

/** The number that dense elements repeat. */
function repeatedIn(view: View): number | undefined {
  const size = sizeOf(view.shape);
  if (size === 0 || !dense(view)) return undefined;
  const { data, offset } = view;
  const first = data[offset]!;
  for (let i = 1; i < size; i++) if (!Object.is(data[offset + i], first)) return undefined;
  return first;
}

const dense = ({ shape, stride }: View): boolean => isDense({ shape, strides: stride });

/** The same for constants with the same elements, and for few others. */
function keyOf(view: View): string {
  const { dtype, shape } = view;
  const head = `${dtype} ${shape.join()}`;
  const number = splatOf(view);
  if (number !== undefined) return `${head} of ${number}`;
  if (!dense(view) || sizeOf(shape) > largest) return head;
  const { data, offset } = view;
  const size = sizeOf(shape);
  let hash = 0;
  for (let i = 0; i < size; i += 1 + (size >> 8)) {
    hash = Math.imul(hash ^ Math.floor(data[offset + i]! * 4096), 0x9e3779b1) >>> 0;
  }
  return `${head} like ${hash}`;
}

function sameElements(a: View, b: View): boolean {
  const number = splatOf(a);
  if (number !== undefined) return Object.is(splatOf(b), number);
  if (a.data === b.data) {
    return a.offset === b.offset && a.stride.join() === b.stride.join();
  }
  const size = sizeOf(a.shape);
  if (size > largest || !dense(a) || !dense(b)) return false;
  for (let i = 0; i < size; i++) {
    if (!Object.is(a.data[a.offset + i], b.data[b.offset + i])) return false;
  }
  return true;
}
