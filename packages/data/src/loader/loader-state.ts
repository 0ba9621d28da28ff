import { DTypeError, ShapeError, Tensor } from '@tikhonov/core';
import { kindOf, showShape } from '@tikhonov/core/engine';

/** What a loader's place depends on, by name. */
export type LoaderState = Readonly<Record<string, Tensor>>;

/**
 * Checks that a state has the tensors of another one, and was made for the same batches.
 *
 * @throws TypeError, ShapeError or DTypeError if a tensor is not as wanted; RangeError for another layout
 */
export function requireState(state: LoaderState, wanted: LoaderState): void {
  for (const [name, like] of Object.entries(wanted)) requireLike(name, state, like);
  const [was, is] = [state, wanted].map(({ layout }) => layout!.toArray<number[]>());
  if (was!.every((value, i) => value === is![i])) return;
  throw new RangeError(
    'DataLoader.loadStateDict: the state is of another data set or other options; nothing was changed.\n' +
      `  It has [rows, batchSize, shuffle, dropLast, pad] = [${was!.join(', ')}], this loader [${is!.join(', ')}].`,
  );
}

function requireLike(name: string, state: LoaderState, wanted: Tensor): void {
  const value = typeof state === 'object' && state !== null ? state[name] : undefined;
  if (!(value instanceof Tensor)) {
    throw new TypeError(
      `DataLoader.loadStateDict: "${name}" must be a Tensor, got ${kindOf(value)}.\n  Pass what stateDict() returned.`,
    );
  }
  if (value.dtype !== wanted.dtype) {
    throw new DTypeError(
      `DataLoader.loadStateDict: "${name}" must be ${wanted.dtype}, got ${value.dtype}.`,
    );
  }
  if (showShape(value.shape) !== showShape(wanted.shape)) {
    throw new ShapeError(
      `DataLoader.loadStateDict: "${name}" must be ${showShape(wanted.shape)}, got ${showShape(value.shape)}.`,
    );
  }
}
