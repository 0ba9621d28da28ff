import {
  add,
  astype,
  DTypeError,
  div,
  isFloating,
  mul,
  ShapeError,
  sub,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { Dataset } from './dataset.ts';
import { requireTensor } from './validate.ts';

/** A change of units that was fitted on the training data and is applied to all. */
export interface Scaler {
  /** The inputs in the new units; other data must use those of the training data, hence this. */
  apply<Data extends Dataset | Tensor>(data: Data): Data extends Dataset ? Dataset : Tensor;
  /** Back from the new units. A feature that was constant comes back as that constant. */
  invert<Data extends Dataset | Tensor>(data: Data): Data extends Dataset ? Dataset : Tensor;
}

/** The features of the training data, to be measured. */
export interface Columns {
  /** Row by row. */
  readonly data: ArrayLike<number>;
  readonly rows: number;
  /** Elements of an example. */
  readonly features: number;
  /** Shape of an example. */
  readonly shape: readonly number[];
  /** A measured value per feature, as a tensor in the dtype of the data. */
  readonly tensorOf: (values: Float64Array) => Tensor;
  /** Throws because a feature is not finite. */
  readonly refuse: (feature: number) => never;
}

/** Checks training data. */
export function columnsOf(where: string, train: Dataset | Tensor): Columns {
  const x = train instanceof Dataset ? train.x : train;
  requireTensor(where, 'train', x);
  if (!isFloating(x.dtype)) {
    throw new DTypeError(
      `${where}: the inputs must be floating, got ${x.dtype}.\n  Cast with astype('float32').`,
    );
  }
  if (x.rank === 0 || x.shape[0] === 0) {
    throw new ShapeError(`${where}: there are no rows in ${showShape(x.shape)}.`);
  }
  const shape = x.shape.slice(1);
  return {
    data: x.data(),
    rows: x.shape[0]!,
    features: x.size / x.shape[0]!,
    shape,
    tensorOf: (values) => tensor(values, { shape, dtype: x.dtype }),
    refuse: (feature) => {
      throw new RangeError(
        `${where}: feature ${feature} has values that are not finite.\n  Remove or replace them first.`,
      );
    },
  };
}

/** `forward((x - center) / spread)`, and back. */
export interface Units {
  readonly center: Float64Array;
  readonly spread: Float64Array;
  /** Of float64 tensors. */
  readonly forward: (t: Tensor) => Tensor;
  readonly backward: (z: Tensor) => Tensor;
}

/** The two directions, in float64 and rounded once to the dtype of what they are given. */
export function scalerOf(where: string, { shape }: Columns, units: Units): Scaler {
  const [center, spread] = [units.center, units.spread].map((values) =>
    tensor(values, { shape, dtype: 'float64' }),
  );
  const change = (step: string, f: (x: Tensor) => Tensor) => {
    const ofTensor = (x: Tensor): Tensor => {
      requireTensor(`${where}.${step}`, 'data', x);
      requireExamples(`${where}.${step}`, x, shape);
      return astype(f(astype(x, 'float64')), x.dtype);
    };
    return <Data extends Dataset | Tensor>(data: Data) =>
      (data instanceof Dataset
        ? data.with({ x: ofTensor(data.x) })
        : ofTensor(data as Tensor)) as Data extends Dataset ? Dataset : Tensor;
  };
  return {
    apply: change('apply', (x) => units.forward(div(sub(x, center!), spread!))),
    invert: change('invert', (z) => add(mul(units.backward(z), spread!), center!)),
  };
}

/** Examples of the shape that was measured, in any number of axes of rows. */
function requireExamples(where: string, x: Tensor, shape: readonly number[]): void {
  if (!isFloating(x.dtype)) {
    throw new DTypeError(
      `${where}: the data must be floating, got ${x.dtype}.\n  Cast with astype('float32').`,
    );
  }
  const own = x.shape.slice(Math.max(0, x.rank - shape.length));
  if (showShape(own) === showShape(shape)) return;
  throw new ShapeError(
    `${where}: the data are ${showShape(x.shape)}, and the units are of examples of shape ${showShape(shape)}.\n` +
      '  Give data with the features that were measured.',
  );
}
