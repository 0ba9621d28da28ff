import { type Cell, type Tensor, TraceError } from '@tikhonov/core';
import { hasEffect, within } from '@tikhonov/core/engine';
import type { Graph, Value } from '../graph/graph.ts';
import type { History } from './history.ts';
import { requireFound, requireSteady } from './leaves.ts';
import { Recorder } from './recorder.ts';
import { type Signature, signatureOf } from './signature.ts';

/** A recorded call: its graph, and how to make its return value from the results. */
export interface Trace {
  readonly graph: Graph;
  /** What derivatives saw of the cells that were read. */
  readonly histories: ReadonlyMap<Cell, History>;
  readonly rebuild: (results: readonly Tensor[]) => unknown;
  /** Calls `body`, which runs the graph on these inputs: errors made meanwhile may show what tensors held. */
  readonly during: <T>(inputs: readonly Tensor[], body: () => T) => T;
}

/**
 * Calls `f` with traced tensors in place of the arguments' tensors and returns what it would compute.
 * Whatever happens, cells hold afterwards what they held before. Under `noGrad`, what `f` computes from
 * parameters is not recorded for `backward()`, as in a plain call.
 *
 * @throws TraceError if `f` reads a value, or returns what tensors cannot be found in; TypeError if it is async,
 * or given what a program cannot follow
 */
export function trace(f: (...args: never[]) => unknown, signature: Signature): Trace {
  requireSteady(signature.parts);
  const recorder = new Recorder();
  try {
    const returned = within({ evaluator: recorder }, () => {
      const inputs = signature.tensors.map((x, i) =>
        recorder.input(x, `the argument ${signature.paths[i]}`),
      );
      return f(...(signature.rebuild(inputs) as never[]));
    });
    const out = signatureOf([returned], resultAt);
    const results: Value[] = out.tensors.map((x) => recorder.result(x));
    const graph = recorder.finish(results);
    requireFound(out.parts, (cell) => recorder.isOwn(cell));
    return {
      graph,
      histories: recorder.histories,
      rebuild: (tensors) => out.rebuild(tensors)[0],
      // Where nothing is checked, the recording need not be kept.
      during: graph.equations.some(hasEffect)
        ? (inputs, body) => recorder.during(inputs, body)
        : (_inputs, body) => body(),
    };
  } catch (error) {
    recorder.restore();
    if (error instanceof TraceError && !error.message.startsWith('compile')) {
      throw new TraceError(`compile: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** A place in what was returned, for messages. */
const resultAt = (path: string): string => `the result${path.slice(1)}`;
