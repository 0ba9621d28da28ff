import { Cell, type Tensor, TraceError } from '@tikhonov/core';
import { kindOf, within } from '@tikhonov/core/engine';
import type { Graph, Value } from '../graph/graph.ts';
import { Recorder } from './recorder.ts';
import { type Signature, signatureOf } from './signature.ts';

/** A recorded call: its graph, and how to make its return value from the results. */
export interface Trace {
  readonly graph: Graph;
  readonly rebuild: (results: readonly Tensor[]) => unknown;
}

/**
 * Calls `f` with traced tensors in place of the arguments' tensors and returns what it would compute.
 * Whatever happens, cells hold afterwards what they held before. Under `noGrad`, what `f` computes from
 * parameters is not recorded for `backward()`, as in a plain call.
 *
 * @throws TraceError if `f` reads a value, or returns a promise
 */
export function trace(f: (...args: never[]) => unknown, signature: Signature): Trace {
  const recorder = new Recorder();
  try {
    const returned = within({ evaluator: recorder }, () => {
      const inputs = signature.tensors.map((x, i) =>
        recorder.input(x, `the argument ${signature.paths[i]}`),
      );
      return f(...(signature.rebuild(inputs) as never[]));
    });
    const out = signatureOf([returned]);
    const results: Value[] = out.tensors.map((x) => recorder.result(x));
    const graph = recorder.finish(results);
    requireFound(out.parts.map(({ kind, key }) => (kind === 'static' ? key : null)));
    return { graph, rebuild: (tensors) => out.rebuild(tensors)[0] };
  } catch (error) {
    recorder.restore();
    if (error instanceof TraceError && !error.message.startsWith('compile')) {
      throw new TraceError(`compile: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** Throws if tensors of the trace may be in what was returned beside those that were found. */
function requireFound(statics: readonly unknown[]): void {
  for (const value of statics) {
    const isOpaque = typeof value === 'object' && value !== null;
    // A cell that was there before holds again what it held.
    if (!isOpaque || (value instanceof Cell && !('symbolic' in value.peek().payload))) continue;
    throw new TraceError(
      `compile: the function returned ${kindOf(value)}, in which tensors cannot be found.\n` +
        '  Return tensors, or arrays and object literals of tensors.',
    );
  }
}
