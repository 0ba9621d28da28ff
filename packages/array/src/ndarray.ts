import ndarray, { type NdArray } from 'ndarray';
import { dtypeOf, type TypedArray } from './dtype.ts';
import { share } from './shared.ts';
import type { View } from './view.ts';

/** What `fromNdarray` needs of an ndarray: its four public fields. */
export interface NdarrayLike {
  readonly data: unknown;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/**
 * A view on an ndarray's own storage; nothing is copied, so later writes to the ndarray show through.
 *
 * @throws TypeError if its data is not a Float64Array, Float32Array, Int32Array or Uint32Array
 */
export function fromNdarray(array: NdarrayLike): View {
  const isNdarray = typeof array === 'object' && array !== null;
  const dtype = isNdarray && ArrayBuffer.isView(array.data) ? dtypeOf(array.data) : undefined;
  if (dtype === undefined) {
    throw new TypeError(
      `fromNdarray: unsupported storage ${Object.prototype.toString.call(isNdarray ? array.data : array)}.\n` +
        '  Use a Float64Array, Float32Array, Int32Array or Uint32Array.',
    );
  }
  const data = array.data as TypedArray;
  share(data);
  return {
    dtype,
    data,
    shape: [...array.shape],
    stride: [...array.stride],
    offset: array.offset,
  };
}

/**
 * An ndarray on the view's own storage; nothing is copied, so treat it as read-only. ndarray builds
 * its classes with generated code, so this throws an EvalError under a policy that forbids that.
 */
export function toNdarray(view: View): NdArray<TypedArray> {
  share(view.data);
  return ndarray(view.data, [...view.shape], [...view.stride], view.offset);
}
