import { isPlainCall, isRecording, kindOf, requireOptions } from '@tikhonov/core/engine';
import { programOf } from './codegen/program.ts';
import { type EngineReport, engineFor, requireEngine } from './engine/index.ts';
import type { Graph } from './graph/graph.ts';
import { printGraph } from './graph/print.ts';
import type { Lowerings } from './lower/lowerings.ts';
import { standardLowerings } from './lower/standard.ts';
import { optimize } from './passes/pipeline.ts';
import type { KernelTime } from './runtime/profile.ts';
import { Program } from './runtime/program.ts';
import { hasOther, isSeenAs } from './trace/history.ts';
import { type Conditions, tooManyPrograms } from './trace/reasons.ts';
import { differenceOf, type Signature, signatureOf } from './trace/signature.ts';
import { type Trace, trace } from './trace/trace.ts';

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
  /**
   * Whether to use what the engine keeps behind experimental flags: 256-bit vectors, of Node 24 on x64
   * processors, and before that fused multiply-adds, of Node 20. For products that are up to twice as
   * fast. All code is optimised when the program is built, as with `eagerTier`; the flags are set for
   * that moment only. They are V8's, for the whole process: another thread that builds a module just
   * then has it built so, too. The first program that wants them is preceded by a trial of a few
   * milliseconds: where the flags are missing, compute something else or bring nothing, which is so in
   * all browsers, programs are built as ever, and `explain` gives the reason. Each program's first two
   * calls are checked, bit by bit, against the same code without 256-bit vectors, which it stays with if
   * they differ. With `deterministic`, results are those without `wide`: no fused multiply-add.
   * @defaultValue false
   */
  readonly wide?: boolean;
  /**
   * Whether to have all code optimised when the program is built, which takes some tens of milliseconds,
   * rather than function by function as it runs; the first hundreds of calls are then as fast as later
   * ones. Under Node, by flags of V8 as in `wide`; elsewhere nothing changes. @defaultValue false
   */
  readonly eagerTier?: boolean;
  /** Whether kernels are timed, for `explain`; every kernel then takes a little longer. @defaultValue false */
  readonly profile?: boolean;
  /**
   * How primitives become WebAssembly; those that have no rule are run by their eager kernels, which the
   * program calls. `allLowerings` has rules for all. @defaultValue `standardLowerings`
   */
  readonly lowerings?: Lowerings;
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
  /** Time by kernel over all calls so far, if `profile` is on. */
  readonly times: readonly KernelTime[] | null;
  /** What it uses of the engine, and why not what `wide` or `eagerTier` asked for. */
  readonly engine: EngineReport;
}

/** A compiled function: it is called as the function is. */
export interface Compiled<A extends readonly unknown[], R> {
  (...args: A): R;
  /** How many programs have been built. */
  readonly traces: number;
  /** The programs, in the order in which they were built. */
  explain(): readonly Explanation[];
}

interface Built extends Conditions, Pick<Trace, 'rebuild' | 'during'> {
  readonly program: Program;
  readonly graph: Graph;
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
  requireOptions('compile', options, {
    maxTraces: true,
    name: 'string',
    deterministic: 'boolean',
    wide: 'boolean',
    eagerTier: 'boolean',
    profile: 'boolean',
    lowerings: true,
  });
  const {
    maxTraces = 8,
    name = f.name,
    deterministic = false,
    wide = false,
    eagerTier = false,
    profile = false,
    lowerings = standardLowerings,
  } = options;
  if (!Number.isInteger(maxTraces) || maxTraces < 1) {
    throw new RangeError(`compile: maxTraces must be an integer >= 1, got ${maxTraces}.`);
  }
  requireLowerings(lowerings);
  requireEngine();
  const built: Built[] = [];
  const find = (signature: Signature): Built | undefined =>
    built.find(
      (known) =>
        known.recording === isRecording() &&
        known.program.fits &&
        differenceOf(known.parts, signature.parts) === null &&
        known.grads.every(({ parameter, before }) => parameter.hasGrad === before) &&
        (!known.recording || isSeenAs(known.histories)),
    );
  /** The program of a call; none if results would depend on something of which derivatives are recorded. */
  const build = (signature: Signature): Built | null => {
    const { parts } = signature;
    const recording = isRecording();
    if (recording && built.some(({ histories }) => hasOther(histories))) return null;
    if (built.length >= maxTraces) throw tooManyPrograms(name, built, { parts, recording });
    const traced = trace(f as (...args: never[]) => unknown, signature);
    const { graph, histories, rebuild, during } = traced;
    if (recording && hasOther(histories)) return null;
    const optimized = optimize(graph);
    const engine = engineFor({ deterministic, wide, eagerTier });
    const made: Built = {
      parts,
      recording,
      grads: graph.grads,
      cells: [...optimized.reads, ...optimized.writes].map(({ cell, value: { dtype } }) => ({
        cell,
        dtype,
      })),
      histories,
      program: new Program(
        programOf(optimized, { profile: engine.profile, lowerings, marks: profile }),
        profile,
        engine,
      ),
      graph: optimized,
      rebuild,
      during,
    };
    built.push(made);
    return made;
  };
  const call = (...args: A): R => {
    if (!isPlainCall()) return f(...args);
    const signature = signatureOf(args);
    // What has a history keeps it.
    if (isRecording() && signature.tensors.some((x) => x.requiresGrad)) return f(...args);
    const found = find(signature) ?? build(signature);
    if (found === null) return f(...args);
    const { program, rebuild, during, grads } = found;
    const results = during(signature.tensors, () => program.call(signature.tensors));
    for (const { parameter, before, after } of grads) {
      if (after) parameter.hasGrad = true;
      else if (before) parameter.zeroGrad();
    }
    return rebuild(results) as R;
  };
  return Object.defineProperties(call, {
    name: { value: name, configurable: true },
    length: { value: f.length, configurable: true },
    traces: { get: () => built.length },
    explain: {
      value: () =>
        built.map(
          ({ program, graph }): Explanation => ({
            graph: printGraph(graph),
            kernels: program.code.kernels,
            memoryBytes: program.memoryBytes,
            codeBytes: program.code.bytes.length,
            times: program.times,
            engine: program.engine,
          }),
        ),
    },
  }) as Compiled<A, R>;
}

/** Throws for what is no table of rules. */
function requireLowerings(given: unknown): void {
  const tables: object = typeof given === 'object' && given !== null ? given : {};
  if (['maps', 'cheap', 'loops'].every((name) => name in tables)) return;
  throw new TypeError(
    `compile: lowerings must be standardLowerings or allLowerings, got ${kindOf(given)}.`,
  );
}
