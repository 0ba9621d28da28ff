import type { TypedArray } from './dtype.ts';
import type { View } from './view.ts';

/** Storage that others may write to. */
const shared = /* @__PURE__ */ new WeakSet<TypedArray>();

/** Says that others have the storage, too. */
export const share = (data: TypedArray): void => {
  shared.add(data);
};

/** Whether somebody has the view's storage as an ndarray, and may write to it. */
export const isShared = ({ data }: View): boolean => shared.has(data);
