import type { Tensor } from '@tikhonov/core';
import type { Expected, Experiment, Predicted, Prediction } from './predict.ts';
import { messageOf, predict } from './predict.ts';

/** What makes a faster function of a function of tensors, such as a compiler. */
export type Transformation = (
  f: (...args: Tensor[]) => readonly Tensor[],
) => (...args: Tensor[]) => readonly Tensor[];

/** How elements were compared. */
export interface Sharpness {
  /** To the bit. */
  exact: number;
  /** With an allowed deviation of at most `1e-10 (1 + |value|)`; 2e-6 in float32. */
  sharp: number;
  /** With more. */
  loose: number;
  /** Not at all, since rounding decides what they are. */
  open: number;
}

/** What came of a comparison. */
export interface Agreement {
  /** What is wrong, in one line; `null` if nothing is. */
  readonly problem: string | null;
  readonly sharpness: Sharpness;
  readonly counts: Predicted['counts'];
}

/**
 * Whether a transformed function does what the plain one does: values to the bit or within derived bounds
 * (see `predict`), states, errors.
 *
 * @param transform  is given the experiment's function and returns one of the same signature
 * @param predicted  of `predict(experiment)`, where it is there already
 */
export function agreement(
  experiment: Experiment,
  transform: Transformation,
  predicted: Predicted = predict(experiment),
): Agreement {
  const { calls, counts } = predicted;
  const sharpness: Sharpness = { exact: 0, sharp: 0, loose: 0, open: 0 };
  return { problem: problemOf(experiment, calls, transform, sharpness), sharpness, counts };
}

function problemOf(
  experiment: Experiment,
  predictions: readonly Prediction[],
  transform: Transformation,
  sharpness: Sharpness,
): string | null {
  const { f, cells } = experiment.build();
  let transformed: ReturnType<Transformation>;
  try {
    transformed = transform(f);
  } catch (error) {
    return `it is refused: ${messageOf(error)}`;
  }
  for (const [i, args] of experiment.calls.entries()) {
    const prediction = predictions[i]!;
    if (prediction.kind === 'open') {
      sharpness.open += 1;
      return null;
    }
    const problem = problemOfCall(prediction, () => transformed(...args), sharpness);
    if (problem !== null) return `call ${i + 1}: ${problem}`;
    for (const [k, expected] of prediction.cells.entries()) {
      const wrong = difference(cells[k]!.read(), expected, sharpness);
      if (wrong !== null) return `after call ${i + 1}: cell ${cells[k]!.name || k}: ${wrong}`;
    }
  }
  return null;
}

function problemOfCall(
  prediction: Exclude<Prediction, { kind: 'open' }>,
  call: () => readonly Tensor[],
  sharpness: Sharpness,
): string | null {
  let results: readonly Tensor[];
  try {
    results = call();
  } catch (error) {
    const message = messageOf(error);
    if (prediction.kind === 'returns') return `it throws ${message}`;
    return prediction.messages.includes(message)
      ? null
      : `it throws ${message}\n  instead of ${prediction.messages[0]}`;
  }
  if (prediction.kind === 'throws')
    return `it returns instead of throwing ${prediction.messages[0]}`;
  if (results.length !== prediction.results.length) {
    return `${results.length} results instead of ${prediction.results.length}`;
  }
  for (const [k, expected] of prediction.results.entries()) {
    const wrong = difference(results[k]!, expected, sharpness);
    if (wrong !== null) return `result ${k}: ${wrong}`;
  }
  return null;
}

// Where tests run in contexts of their own, every use of a global costs a search.
const { is } = Object;
const { abs } = Math;
const unlimited = Infinity;

/** What is wrong with a value: its type, or the first element that deviates too much. */
export function difference(
  got: Tensor,
  { value, slack }: Expected,
  tally?: Sharpness,
): string | null {
  if (got.dtype !== value.dtype || String(got.shape) !== String(value.shape)) {
    return `${got.dtype} [${got.shape.join(', ')}] instead of ${value.dtype} [${value.shape.join(', ')}]`;
  }
  const [have, want] = [got.data(), value.data()];
  const sharp = value.dtype === 'float64' ? 1e-10 : 2e-6;
  let problem: string | null = null;
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [have[i]!, want[i]!];
    const allowed = slack === 'exact' ? 0 : slack[i]!;
    if (tally !== undefined) {
      if (slack === 'exact') tally.exact += 1;
      else if (allowed === unlimited) tally.open += 1;
      else if (allowed <= sharp * (1 + abs(b))) tally.sharp += 1;
      else tally.loose += 1;
    }
    if (problem !== null || is(a, b)) continue;
    if (slack === 'exact') {
      problem = `element ${i} is ${shown(a)} instead of exactly ${shown(b)}`;
      continue;
    }
    // Infinity is allowed to be missed by nothing: the difference is NaN or Infinity.
    const error = a === b ? 0 : abs(a - b);
    if (allowed === unlimited || error <= allowed) continue;
    problem = `element ${i} is ${shown(a)} instead of ${shown(b)}, off by ${error}, allowed ${allowed}`;
  }
  return problem;
}

const shown = (x: number): string => (is(x, -0) ? '-0' : String(x));
