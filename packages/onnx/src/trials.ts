import { type DType, DTypeError, type Tensor } from '@tikhonov/core';
import { OnnxExportError } from './error.ts';
import { place } from './refuse.ts';
import type { Session } from './session.ts';
import { type Recording, record } from './trace/record.ts';
import type { OnnxValue } from './values.ts';

/** What may be a part of a model. */
export type TensorFunction = (x: Tensor) => unknown;

/** Runs a part of the model in both trials, without numbers, so that shapes are found and checked. */
export function trials(
  session: Session,
  path: string,
  title: string,
  f: TensorFunction,
  x: OnnxValue,
): readonly [Recording, Recording] {
  const dtype: DType =
    x.dtype === 'int64'
      ? 'int32'
      : x.dtype === session.settings.dtype
        ? session.modelDtype
        : x.dtype;
  const run = (sizes: readonly number[]): Recording => {
    try {
      return record(f, sizes, dtype, session.values);
    } catch (error) {
      if (error instanceof OnnxExportError) throw error;
      const seen = x.shape.map((size, axis) => size ?? `${sizes[axis]} for a dynamic axis`);
      const hint =
        error instanceof DTypeError && x === session.input
          ? "\n  If the input holds indices, pass { inputDtype: 'int32' } to exportOnnx."
          : '';
      throw new OnnxExportError(
        `exportOnnx: ${place(path, title)} refuses ${dtype} input of shape [${seen.join(', ')}].\n  ${error instanceof Error ? error.message : String(error)}${hint}`,
        { cause: error },
      );
    }
  };
  return [run(x.trials[0]), run(x.trials[1])];
}
