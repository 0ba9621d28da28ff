import { type Cell, isFloating, type Tensor } from '@tikhonov/core';
import { type Evaluator, eager, within } from '@tikhonov/core/engine';
import { Noisy, Tracking } from './evaluators.ts';

/** A function of tensors with state, and calls of it that are to be made one after the other. */
export interface Experiment {
  /** Makes the function anew, its cells in their first state. */
  readonly build: () => {
    readonly f: (...args: Tensor[]) => readonly Tensor[];
    readonly cells: readonly Cell[];
  };
  readonly calls: readonly (readonly Tensor[])[];
}

/** What a value must be. */
export interface Expected {
  readonly value: Tensor;
  /** Whether to the bit, or else by how much each element may deviate. */
  readonly slack: 'exact' | Float64Array;
}

/** What a call must come to. */
export type Prediction =
  | {
      readonly kind: 'returns';
      readonly results: readonly Expected[];
      readonly cells: readonly Expected[];
    }
  /** Some requirements do not hold: the error is that of any of them, and cells are as before the call. */
  | {
      readonly kind: 'throws';
      readonly messages: readonly string[];
      readonly cells: readonly Expected[];
    }
  /** Rounding decides whether the call throws: nothing is claimed of it or of later ones. */
  | { readonly kind: 'open' };

/** A whole experiment's predictions, and how often each primitive ran on the way. */
export interface Predicted {
  readonly calls: readonly Prediction[];
  readonly counts: ReadonlyMap<string, number>;
}

/** How many runs with errors are made, and the errors of each in units of what an operation may err. */
const [runs, scale] = [8, 16];

/**
 * What any correct way to run an experiment gives. Values that only exact operations led to are known to
 * the bit. For others, the program is run eight times more with every inexact operation erring, normally
 * distributed, by sixteen times the error that it may have; twice the largest deviation seen is allowed.
 *
 * To first order a deviation is a sum over operations, each error times a derivative, so those seen are
 * normal with sixteen times the root sum of squares of what the operations may contribute. All eight fall
 * below a thirty-second part of that deviation, and forbid a program that errs by the whole root sum, once
 * in 10^13 times; errors that all lean to one side may add up to the same from a thousand operations.
 * Where rounding decides (a kink, a tie), runs fall on both sides and the jump is allowed.
 */
export function predict(experiment: Experiment): Predicted {
  const tracking = new Tracking();
  const plain = carryOut(experiment, tracking);
  const noisy = !tracking.rounded
    ? []
    : Array.from({ length: runs }, (_, k) => carryOut(experiment, new Noisy(k + 1, scale)));
  let open = false;
  const calls = plain.map((outcome, i): Prediction => {
    const others = noisy.map((run) => run[i]!);
    open ||= others.some(({ messages }) => messages[0] !== outcome.messages[0]);
    if (open) return { kind: 'open' };
    const expected = (x: Tensor, like: readonly Tensor[]): Expected => ({
      value: x,
      slack: tracking.isExact(x) ? 'exact' : slackOf(x, like),
    });
    const cells = outcome.cells.map((x, k) =>
      expected(
        x,
        others.map((other) => other.cells[k]!),
      ),
    );
    const { messages } = outcome;
    if (messages.length > 0) return { kind: 'throws', messages, cells };
    const results = outcome.results.map((x, k) =>
      expected(
        x,
        others.map((other) => other.results[k]!),
      ),
    );
    return { kind: 'returns', results, cells };
  });
  return { calls, counts: tracking.counts };
}

interface Outcome {
  readonly results: readonly Tensor[];
  readonly cells: readonly Tensor[];
  /** What it threw, and would have thrown after that. */
  readonly messages: readonly string[];
}

/** Makes the calls; one that throws leaves no trace in the cells. */
function carryOut({ build, calls }: Experiment, evaluator: Evaluator): Outcome[] {
  const { f, cells } = build();
  return calls.map((args) => {
    const before = cells.map((cell) => cell.read());
    const restore = (): void => {
      for (const [k, cell] of cells.entries()) cell.write(before[k]!);
    };
    try {
      const results = within({ evaluator }, () => f(...args));
      return { results, cells: cells.map((cell) => cell.read()), messages: [] };
    } catch (error) {
      restore();
      const messages = [messageOf(error), ...errorsOf(() => f(...args))];
      restore();
      return { results: [], cells: before, messages };
    }
  });
}

/** Draws by search, which may not end for parameters that their requirements refuse. */
const searching = new Set(['poissonDraw', 'truncatedDraw']);

/** Everything that is wrong: requirements that do not hold are passed over. */
function errorsOf(body: () => void): string[] {
  const found: string[] = [];
  const lenient: Evaluator = {
    run: (primitive, ...rest) => {
      if (found.length > 0 && searching.has(primitive.name)) throw new Error('not continued');
      try {
        return eager.run(primitive, ...rest);
      } catch (error) {
        if (primitive.effect !== true) throw error;
        found.push(messageOf(error));
        return rest[0];
      }
    },
  };
  try {
    within({ evaluator: lenient }, body);
  } catch (error) {
    found.push(messageOf(error));
  }
  return found;
}

/** What is compared of an error: its kind and text, without the elements of tensors in it. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replace(
    /Tensor\(\[([\d, ]*)\] (\w+)(?:[^()]|\([^()]*\))*\)/g,
    'Tensor([$1] $2)',
  );

// Where tests run in contexts of their own, every use of a global costs a search.
const { is } = Object;
const { abs, max } = Math;
const unlimited = Infinity;

/** Twice the largest deviation of each element, Infinity where it is not a matter of size. */
function slackOf(x: Tensor, others: readonly Tensor[]): Float64Array {
  const values = x.data();
  const slack = new Float64Array(values.length);
  const whole = !isFloating(x.dtype);
  for (const other of others) {
    const data = other.data();
    for (let i = 0; i < slack.length; i++) {
      const [want, got] = [values[i]!, data[i]!];
      if (is(want, got)) continue;
      const error = whole ? unlimited : 2 * abs(got - want);
      // Not so for NaN.
      slack[i] = error >= 0 ? max(slack[i]!, error) : unlimited;
    }
  }
  return slack;
}
