import {
  allocate,
  contiguous,
  type DType,
  dtypeOf,
  dtypes,
  type NdarrayLike,
  toNdarray as ndarrayOfView,
  type Shape,
  sizeOf,
  type TypedArray,
  type View,
  viewOf,
  fromNdarray as viewOfNdarray,
} from '@tikhonov/array';
import { DTypeError, hasAval, kindOf, ShapeError, showShape, showValue } from './errors.ts';
import { type OptionNames, requireOptions } from './options.ts';
import { type NestedArray, Tensor, type TensorJSON } from './tensor.ts';

/** The dtype that floating values get when nothing else is said. */
export const defaultFloat: DType = 'float32';

/** A tensor on an eager view, without history. */
export const fromView = (view: View): Tensor => new Tensor(view.shape, view.dtype, view);

/** Throws unless `shape` is an array of integers >= 0. */
export function checkShape(name: string, shape: Shape): void {
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(
      `${name}: ${showValue(shape)} is not a shape.\n  Give an array of integers >= 0, such as [2, 3].`,
    );
  }
}

/** Throws unless `dtype` is one. */
export function checkDType(name: string, dtype: DType): void {
  if (!dtypes.includes(dtype)) {
    throw new DTypeError(
      `${name}: unknown dtype "${String(dtype)}". Use one of ${dtypes.join(', ')}.`,
    );
  }
}

/** Throws unless `value` can be stored in `dtype` without being changed beyond rounding. */
function checkElement(name: string, value: number, dtype: DType): void {
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'bool') return;
  const [low, high] = dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new DTypeError(
      `${name}: ${value} is not an ${dtype} value.\n  Round it, or cast the tensor with astype('float32').`,
    );
  }
}

/**
 * A tensor from a number, nested arrays or a typed array (copied). Numbers become `float32`, booleans
 * `bool`, typed arrays keep their type, unless `dtype` says otherwise. What `JSON.parse` makes of a
 * written tensor, `{ shape, dtype, data }`, is that tensor again.
 *
 * @param values  every nested array of one level must have the same length
 * @param options  `shape` for flat input, `dtype`
 * @throws ShapeError for ragged arrays or a shape of another size
 * @throws DTypeError for values that the dtype cannot hold
 * @example
 * ```ts
 * tensor([[1, 2], [3, 4]]).shape; // => [2, 2]
 * tensor(new Float64Array([1, 2, 3, 4]), { shape: [2, 2] }).dtype; // => 'float64'
 * const text = JSON.stringify(tensor([[1], [2]], { dtype: 'int32' }));
 * tensor(JSON.parse(text)).shape; // => [2, 1]
 * ```
 */
export function tensor(
  values: NestedArray | TypedArray | TensorJSON,
  options: { readonly dtype?: DType; readonly shape?: Shape } = {},
): Tensor {
  requireOptions('tensor', options, { dtype: true, shape: true });
  if (isSaved(values)) {
    const { dtype = values.dtype, shape = values.shape } = options;
    return tensor(values.data, { dtype, shape });
  }
  if (options.dtype !== undefined) checkDType('tensor', options.dtype);
  if (options.shape !== undefined) checkShape('tensor', options.shape);
  if (ArrayBuffer.isView(values)) {
    const dtype = options.dtype ?? dtypeOf(values);
    if (dtype === undefined) {
      throw new DTypeError(
        `tensor: ${Object.prototype.toString.call(values)} has no dtype of its own. Give one: tensor(data, { dtype: 'int32' }).`,
      );
    }
    return fill('tensor', values, dtype, options.shape ?? [values.length]);
  }
  const inferred = nestedShape(values);
  const flat: (number | boolean)[] = [];
  flatten(values, inferred, 0, flat);
  const dtype = options.dtype ?? (typeof flat[0] === 'boolean' ? 'bool' : defaultFloat);
  const shape = options.shape ?? inferred;
  return fill('tensor', flat, dtype, shape);
}

/** Tensors have a shape and a dtype, too, but their `data` is a method. */
const isSaved = (values: unknown): values is TensorJSON =>
  hasAval(values) && Array.isArray((values as TensorJSON).data);

function fill(
  name: string,
  values: ArrayLike<number | boolean>,
  dtype: DType,
  shape: Shape,
): Tensor {
  if (sizeOf(shape) !== values.length) {
    throw new ShapeError(
      `${name}: ${values.length} values do not fill shape ${showShape(shape)} (${sizeOf(shape)} elements).`,
    );
  }
  const data = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    checkElement(name, value, dtype);
    data[i] = dtype === 'bool' ? Number(value !== 0) : value;
  }
  return fromView(viewOf(data, [...shape], dtype));
}

function nestedShape(values: NestedArray): number[] {
  const shape: number[] = [];
  let level: NestedArray = values;
  while (Array.isArray(level)) {
    shape.push(level.length);
    if (level.length === 0) break;
    level = level[0] as NestedArray;
  }
  return shape;
}

function flatten(values: NestedArray, shape: Shape, axis: number, out: (number | boolean)[]): void {
  const isLeaf = axis === shape.length;
  if (isLeaf) {
    if (typeof values !== 'number' && typeof values !== 'boolean') {
      throw Array.isArray(values)
        ? ragged(shape)
        : new TypeError(`tensor: found ${kindOf(values)} where a number or boolean belongs.`);
    }
    out.push(values);
    return;
  }
  if (!Array.isArray(values) || values.length !== shape[axis]) throw ragged(shape);
  for (const value of values) flatten(value, shape, axis + 1, out);
}

const ragged = (shape: Shape): ShapeError =>
  new ShapeError(
    `tensor: the nested arrays are ragged; the first elements suggest shape ${showShape(shape)}.`,
  );

/** A scalar of the given dtype; used for the weakly typed numbers of arithmetic. */
export function scalar(value: number, dtype: DType = defaultFloat, name = 'number'): Tensor {
  checkElement(name, value, dtype);
  const data = allocate(dtype, 1);
  data[0] = dtype === 'bool' ? Number(value !== 0) : value;
  return fromView({ dtype, data, shape: [], stride: [], offset: 0 });
}

/** Options of the functions that create tensors. */
export interface CreateOptions {
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

/**
 * Every element `value`; one stored number, repeated.
 *
 * @example
 * ```ts
 * full([2], 7).toArray(); // => [7, 7]
 * ```
 */
export const full = (shape: Shape, value: number, options?: CreateOptions): Tensor =>
  filled('full', shape, value, options);

/** The dtype that the options of a creating function ask for. */
export function dtypeOption(
  name: string,
  options: CreateOptions,
  otherwise: DType = defaultFloat,
  known: OptionNames<CreateOptions> = { dtype: true },
): DType {
  requireOptions(name, options, known);
  const { dtype = otherwise } = options;
  checkDType(name, dtype);
  return dtype;
}

function filled(
  name: string,
  shape: Shape,
  value: number,
  options: CreateOptions = {},
  otherwise?: DType,
): Tensor {
  checkShape(name, shape);
  const one = scalar(value, dtypeOption(name, options, otherwise), name).view;
  return fromView({ ...one, shape: [...shape], stride: shape.map(() => 0) });
}

/**
 * Zeros of the given shape.
 *
 * @example
 * ```ts
 * zeros([2, 1]).toArray(); // => [[0], [0]]
 * ```
 */
export const zeros = (shape: Shape, options?: CreateOptions): Tensor =>
  filled('zeros', shape, 0, options);

/**
 * Ones of the given shape.
 *
 * @example
 * ```ts
 * ones([2]).toArray(); // => [1, 1]
 * ```
 */
export const ones = (shape: Shape, options?: CreateOptions): Tensor =>
  filled('ones', shape, 1, options);

/**
 * Zeros with the shape of `x`, and its dtype unless `options` name one.
 *
 * @example
 * ```ts
 * zerosLike(tensor([1, 2], { dtype: 'int32' })).dtype; // => 'int32'
 * ```
 */
export const zerosLike = (x: Like, options?: CreateOptions): Tensor =>
  filledLike('zerosLike', x, 0, options);

/**
 * Ones with the shape of `x`, and its dtype unless `options` name one.
 *
 * @example
 * ```ts
 * onesLike(tensor([5])).toArray(); // => [1]
 * ```
 */
export const onesLike = (x: Like, options?: CreateOptions): Tensor =>
  filledLike('onesLike', x, 1, options);

/**
 * Every element `value`, with the shape of `x`, and its dtype unless `options` name one.
 *
 * @throws DTypeError for a value that the dtype cannot hold
 * @example
 * ```ts
 * fullLike(tensor([1, 2]), 7).toArray(); // => [7, 7]
 * ```
 */
export const fullLike = (x: Like, value: number, options?: CreateOptions): Tensor =>
  filledLike('fullLike', x, value, options);

type Like = { readonly shape: Shape; readonly dtype: DType };

function filledLike(name: string, x: Like, value: number, options?: CreateOptions): Tensor {
  if (!Array.isArray(x?.shape)) throw new TypeError(`${name}: needs a tensor, got ${kindOf(x)}.`);
  return filled(name, x.shape, value, options, x.dtype);
}

const rangeNames = { dtype: true, step: 'number' } as const;

/**
 * `start, start + step, ...` below `stop`, as int32 unless `dtype` says otherwise. With one number,
 * counts from 0.
 *
 * @example
 * ```ts
 * arange(3).toArray(); // => [0, 1, 2]
 * arange(1, 7, { step: 2 }).toArray(); // => [1, 3, 5]
 * ```
 */
export function arange(
  start: number,
  stop?: number | (CreateOptions & { readonly step?: number }),
  options: CreateOptions & { readonly step?: number } = {},
): Tensor {
  if (typeof stop !== 'number') return arange(0, start, stop ?? {});
  const dtype = dtypeOption('arange', options, 'int32', rangeNames);
  const step = options.step ?? 1;
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isFinite(count)) {
    throw new RangeError(`arange: ${start} to ${stop} by ${step} is not a finite range.`);
  }
  const values = Array.from({ length: count }, (_, i) => start + i * step);
  return fill('arange', values, dtype, [count]);
}

/**
 * The identity matrix `[n, n]`.
 *
 * @example
 * ```ts
 * eye(2).toArray(); // => [[1, 0], [0, 1]]
 * ```
 */
export function eye(n: number, options: CreateOptions = {}): Tensor {
  checkShape('eye', [n]);
  const dtype = dtypeOption('eye', options);
  const data = allocate(dtype, n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return fromView(viewOf(data, [n, n], dtype));
}

/**
 * A tensor on an ndarray's own storage: nothing is copied, so do not write to the ndarray afterwards.
 *
 * @throws TypeError for storage other than Float64Array, Float32Array, Int32Array, Uint32Array
 * @example
 * ```ts
 * const image = { data: new Float32Array([1, 2, 3, 4]), shape: [2, 2], stride: [1, 2], offset: 0 };
 * fromNdarray(image).toArray(); // => [[1, 3], [2, 4]]
 * ```
 */
export const fromNdarray = (array: NdarrayLike): Tensor => fromView(viewOfNdarray(array));

/**
 * An ndarray on the tensor's own storage: nothing is copied, so treat it as read-only. ndarray builds
 * its classes with generated code and so needs a policy that allows it.
 */
export function toNdarray(x: Tensor): ReturnType<typeof ndarrayOfView> {
  if (x instanceof Tensor) return ndarrayOfView(x.view);
  throw new TypeError(`toNdarray: needs a Tensor, got ${kindOf(x)}.`);
}

/** Row-major elements for reading; shared with the tensor where it is contiguous. */
export const readData = (x: Tensor): TypedArray => contiguous(x.view).data;
