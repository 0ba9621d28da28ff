import { canCompile } from '@tikhonov/compile';
import { concat, noGrad, ShapeError, slice, Tensor } from '@tikhonov/core';
import { requireOptions, showShape } from '@tikhonov/core/engine';
import { compileStep } from './compile-step.ts';
import { hintFor, kindOf, requireFunction, requireIntegers } from './kinds.ts';
import type { Model } from './model.ts';

/** Options of `predict` and `predictor`. */
export interface PredictOptions {
  /** Rows per chunk; bounds the memory. @defaultValue 512 */
  readonly batchSize?: number;
  /**
   * Whether the model runs as a WebAssembly program, which takes a moment to build.
   * @defaultValue false for `predict`; for `predictor`, true where the engine builds WebAssembly with SIMD
   */
  readonly compiled?: boolean;
}

/**
 * What the model makes of all rows, in evaluation mode: no dropout, running statistics used and not
 * moved, nothing recorded for gradients. The rows go through it in chunks. For many calls, `predictor` is
 * faster.
 *
 * @param x  inputs `[n, ...]`
 * @returns outputs `[n, ...]`, in the order of the rows
 * @throws ShapeError for no rows, or outputs that are not one per row; RangeError for a bad `batchSize`
 * @example
 * ```ts
 * const model = nn.mlp([2, 8, 3], { seed: 0, dropout: 0.5 });
 * const logits = train.predict(model, random.normal(random.key(0), [100, 2]), { batchSize: 32 });
 * logits.shape; // => [100, 3]
 * const probabilities = softmax(logits);
 * ```
 */
export function predict(model: Model, x: Tensor, options: PredictOptions = {}): Tensor {
  const { compiled = false } = options;
  return makePredictor('predict', model, { ...options, compiled })(x);
}

/**
 * `predict` as a function of the inputs, for use again and again. It is compiled at the first call, once for
 * every number of rows that a chunk has; the model may go on learning between calls.
 *
 * @returns a function of inputs that returns what `predict` does
 * @throws as `predict`; TraceError, when compiled, if the model reads values: pass `compiled: false`
 * @example
 * ```ts
 * const model = nn.mlp([2, 8, 1], { seed: 0 });
 * const classify = train.predictor(model);
 * classify(ones([5, 2])).shape; // => [5, 1]
 * ```
 */
export const predictor = (model: Model, options: PredictOptions = {}): ((x: Tensor) => Tensor) =>
  makePredictor('predictor', model, options);

function makePredictor(name: string, model: Model, options: PredictOptions): (x: Tensor) => Tensor {
  requireOptions(name, options, { batchSize: true, compiled: 'boolean' });
  const { batchSize = 512, compiled = canCompile() } = options;
  requireIntegers(name, 1, { batchSize });
  const hint = `The first argument is the model: ${name === 'predict' ? 'predict(model, x)' : 'predictor(model)'}.`;
  requireFunction(`${name}: model.forward`, (model as Model | undefined)?.forward, hint);
  const forward = (chunk: Tensor): Tensor =>
    requireRows(name, chunk, model.forward(chunk, { training: false }));
  const run = compiled ? compileStep(forward, { name: 'predict', maxTraces: 1000 }) : forward;
  return (x) => {
    if (!(x instanceof Tensor)) {
      throw new TypeError(
        `${name}: the inputs must be a Tensor, got ${kindOf(x)}.\n  Of a data set, pass its x.`,
      );
    }
    const rows = x.shape[0] ?? 0;
    if (rows === 0) {
      throw new ShapeError(
        `${name}: the inputs must be [n, ...] with n >= 1, got ${showShape(x.shape)}.`,
      );
    }
    return noGrad(() => {
      const outputs: Tensor[] = [];
      for (let start = 0; start < rows; start += batchSize) {
        outputs.push(run(slice(x, [{ start, stop: Math.min(start + batchSize, rows) }])));
      }
      return outputs.length === 1 ? outputs[0]! : concat(outputs);
    });
  };
}

function requireRows(name: string, x: Tensor, output: Tensor): Tensor {
  if (!(output instanceof Tensor)) {
    throw new TypeError(
      `${name}: model.forward must return a Tensor, it returned ${kindOf(output)}.${hintFor(output)}`,
    );
  }
  if (output.rank > 0 && output.shape[0] === x.shape[0]) return output;
  throw new ShapeError(
    `${name}: the model must give one output per row, got ${showShape(output.shape)} for inputs ${showShape(x.shape)}.`,
  );
}
