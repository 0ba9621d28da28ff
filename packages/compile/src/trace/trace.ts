import { type Tensor, TraceError } from '@tikhonov/core';
import { within } from '@tikhonov/core/engine';
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
    return { graph, rebuild: (tensors) => out.rebuild(tensors)[0] };
  } catch (error) {
    recorder.restore();
    if (error instanceof TraceError && !error.message.startsWith('compile')) {
      throw new TraceError(`compile: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
