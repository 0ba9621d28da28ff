import { type Tensor, TraceError } from '@tikhonov/core';
import { isPlainCall, isRecording, kindOf, requireOptions } from '@tikhonov/core/engine';
import { programOf } from './codegen/program.ts';
import { CompileError } from './errors.ts';
import type { GradState } from './graph/graph.ts';
import { printGraph } from './graph/print.ts';
import { type Probe, probeEngine, profileFor } from './kernels/gemm/index.ts';
import { optimize } from './passes/pipeline.ts';
import { Program } from './runtime/program.ts';
import { differenceOf, type Signature, signatureOf } from './trace/signature.ts';
import { trace } from './trace/trace.ts';

/** Options of `compile`. */
export interface CompileOptions {
  /** How many programs may be built before a call that needs another one throws. @defaultValue 8 */
  readonly maxTraces?: number;
  /** For messages. @defaultValue the function's name */
  readonly name?: string;
  /**
   * Results that are the same on every processor and engine: no fused multiply-add. @defaultValue false
   */
  readonly deterministic?: boolean;
}

/** What `explain` tells about one program. */
export interface Explanation {
  /** The program as it is computed, one equation a line. */
  readonly graph: string;
  /** One line per kernel. */
  readonly kernels: readonly string[];
  /** Bytes of its memory. */
  readonly memoryBytes: number;
  /** Bytes of its code. */
  readonly codeBytes: number;
}

/** A compiled function: it is called as the function is. */
export interface Compiled<A extends readonly unknown[], R> {
  (...args: A): R;
  /** How many programs have been built. */
  readonly traces: number;
  /** The programs, in the order in which they were built. */
  explain(): readonly Explanation[];
}

interface Built {
  readonly signature: Signature;
  readonly recording: boolean;
  readonly grads: readonly GradState[];
  readonly program: Program;
  readonly graph: string;
  readonly rebuild: (tensors: readonly Tensor[]) => unknown;
}

/**
 * A function that does what `f` does, as one WebAssembly program: a training step, an evaluation, a
 * penalty, a derivative. The first call records what `f` computes and builds the program; later calls
 * run it. Tensors in the arguments are its inputs, whatever trees they are in; everything else in the
 * arguments is fixed, and another value makes another program. Cells that `f` reads and writes
 * (parameters, moments, running statistics) stay in the program's memory; outside they have their values
 * as ever. Within another trace, a derivative or `vmap` the function itself is called.
 *
 * Results have no history: take derivatives inside. A last batch of another size makes one more program,
 * which is kept.
 *
 * @param f  a function that reads no data of its tensors: decisions are made with `where` or `cond`
 * @throws TypeError unless given a function; CompileError where there is no WebAssembly with SIMD
 * @throws TraceError, at a call, if `f` reads data, or if more than `maxTraces` programs were needed
 * @example
 * ```ts
 * const w = parameter(tensor([3, -4]));
 * const optimizer = optim.sgd({ w }, { lr: 0.1 });
 * const step = compile((x: Tensor) => optimizer.minimize(() => mul(w, x).sum()));
 * step(tensor([1, 2])).item(); // => -5
 * w.read().toArray(); // => [2.9, -4.2]
 * ```
 */
export function compile<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  if (typeof f !== 'function') {
    throw new TypeError(`compile: needs a function, got ${kindOf(f)}.\n  compile((x, y) => ...)`);
  }
  requireOptions('compile', options, { maxTraces: true, name: true, deterministic: 'boolean' });
  const { maxTraces = 8, name = f.name, deterministic = false } = options;
  if (!Number.isInteger(maxTraces) || maxTraces < 1) {
    throw new RangeError(`compile: maxTraces must be an integer >= 1, got ${maxTraces}.`);
  }
  const probe = engine();
  // The same order of sums everywhere: kernels must not depend on the engine either.
  const profile = profileFor(deterministic ? { ...probe, v8: undefined } : probe, deterministic);
  const built: Built[] = [];
  const find = (signature: Signature): Built | undefined =>
    built.find(
      (known) =>
        known.recording === isRecording() &&
        known.program.fits &&
        differenceOf(known.signature.parts, signature.parts) === null &&
        known.grads.every(({ parameter, before }) => parameter.hasGrad === before),
    );
  const build = (signature: Signature): Built => {
    if (built.length >= maxTraces) throw tooMany(name, built, signature);
    const { graph, rebuild } = trace(f as (...args: never[]) => unknown, signature);
    const optimized = optimize(graph);
    const made: Built = {
      signature,
      recording: isRecording(),
      grads: graph.grads,
      program: new Program(programOf(optimized, profile)),
      graph: printGraph(optimized),
      rebuild,
    };
    built.push(made);
    return made;
  };
  const call = (...args: A): R => {
    if (!isPlainCall()) return f(...args);
    const signature = signatureOf(args);
    if (signature.tensors.some((x) => x.requiresGrad)) return f(...args);
    const { program, rebuild, grads } = find(signature) ?? build(signature);
    const results = program.call(signature.tensors);
    for (const { parameter, before, after } of grads) {
      if (after) parameter.hasGrad = true;
      else if (before) parameter.zeroGrad();
    }
    return rebuild(results) as R;
  };
  return Object.defineProperties(call, {
    name: { value: name },
    traces: { get: () => built.length },
    explain: {
      value: () =>
        built.map(
          ({ program, graph }): Explanation => ({
            graph,
            kernels: program.code.kernels,
            memoryBytes: program.memoryBytes,
            codeBytes: program.code.bytes.length,
          }),
        ),
    },
  }) as Compiled<A, R>;
}

let probed: Probe | null = null;

/** What the engine can do. */
function engine(): Probe {
  if (typeof WebAssembly === 'undefined') {
    throw new CompileError(
      'compile: this engine has no WebAssembly.\n  Call the function without compile: it computes the same.',
    );
  }
  const { process } = globalThis as { process?: { versions?: { v8?: string } } };
  probed ??= probeEngine({ v8: process?.versions?.v8 });
  if (!probed.simd) {
    throw new CompileError(
      'compile: this engine has no WebAssembly SIMD.\n  Call the function without compile: it computes the same.',
    );
  }
  return probed;
}

function tooMany(name: string, built: readonly Built[], signature: Signature): TraceError {
  const last = built.at(-1)!;
  const found = differenceOf(last.signature.parts, signature.parts);
  const why =
    found === null
      ? 'what cells hold (their dtype, or whether parameters have gradients) or whether noGrad is around the call'
      : `argument ${found.path}, which was ${found.before} and is ${found.now}`;
  return new TraceError(
    `compile${name === '' ? '' : ` (${name})`}: ${built.length} programs have been built; another one is needed because of ${why}.\n` +
      '  Pass what changes from call to call as a tensor, or raise maxTraces.',
  );
}
