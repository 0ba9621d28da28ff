import type { Tensor } from '@tikhonov/core';

/** Arguments of an operation as the file names them. */
export interface Attrs {
  readonly axis?: number | readonly number[] | null;
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
  readonly correction?: number;
  readonly p?: number | string;
  readonly exponent?: number;
  readonly min?: number;
  readonly max?: number;
  readonly shape?: readonly number[];
  readonly start?: readonly (number | null)[];
  readonly stop?: readonly (number | null)[];
  readonly step?: readonly number[];
  readonly padding?: number | readonly number[] | readonly (readonly [number, number])[];
  readonly mode?: string;
  readonly value?: number;
  readonly inner?: string;
  readonly pre?: string;
  readonly negativeSlope?: number;
  readonly alpha?: number;
  readonly approximate?: 'none' | 'tanh';
  readonly equation?: string;
  readonly k?: number;
  readonly largest?: boolean;
  readonly offset?: number;
  readonly descending?: boolean;
  readonly shift?: number | readonly number[];
  readonly sizes?: readonly number[];
  readonly reps?: readonly number[];
  readonly stride?: number | readonly number[];
  readonly dilation?: number | readonly number[];
  readonly groups?: number;
  readonly outputPadding?: number | readonly number[];
  readonly kernelSize?: number | readonly number[];
  readonly countIncludePad?: boolean;
  readonly ceilMode?: boolean;
  readonly training?: boolean;
  readonly eps?: number;
  readonly normalizedShape?: readonly number[];
  readonly numGroups?: number;
  readonly scale?: number;
  readonly reduction?: 'mean' | 'sum' | 'none' | 'batchmean';
  readonly delta?: number;
  readonly beta?: number;
  readonly labelSmoothing?: number;
  readonly weight?: readonly number[];
  readonly posWeight?: readonly number[];
  readonly target?: string;
  readonly ignoreIndex?: number;
  readonly logTarget?: boolean;
  readonly momentum?: number;
  readonly paddingIdx?: number;
  readonly isCausal?: boolean;
  readonly upper?: boolean;
}

/** An operation on a case's inputs. It throws for a variant that the library does not have. */
export type Adapter = (inputs: readonly Tensor[], attrs: Attrs) => Tensor | readonly Tensor[];

/** The options of a reduction. */
export const reduction = ({
  axis,
  keepDims,
}: Attrs): { axis?: number | readonly number[]; keepdims: boolean } => ({
  ...(axis === null || axis === undefined ? {} : { axis }),
  keepdims: keepDims ?? false,
});

/** The one axis of an operation that needs one. */
export const alone = ({ axis }: Attrs): { axis: number } => {
  if (typeof axis !== 'number') throw new TypeError(`axis is ${String(axis)}, not a number`);
  return { axis };
};

/** A function of one tensor. */
export const unary =
  (f: (x: Tensor) => Tensor): Adapter =>
  ([x]) =>
    f(x!);

/** A function of two tensors. */
export const binary =
  (f: (x: Tensor, y: Tensor) => Tensor): Adapter =>
  ([x, y]) =>
    f(x!, y!);
