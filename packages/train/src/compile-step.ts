import { CompileError, compile } from '@tikhonov/compile';
import { TraceError } from '@tikhonov/core';

/** How a function of `fit` is compiled. */
export interface CompileStepOptions {
  /** Of the function, for messages and profiles. */
  readonly name: string;
  /** How many programs there may be. */
  readonly maxTraces: number;
}

/**
 * `f` as one WebAssembly program per shape of its arguments, built at the first call. What it throws when
 * `f` cannot be compiled says how to do without.
 */
export function compileStep<Args extends readonly unknown[], Out>(
  f: (...args: Args) => Out,
  options: CompileStepOptions,
): (...args: Args) => Out {
  const program = advised(() => compile(f, options));
  return (...args) => advised(() => program(...args));
}

function advised<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw withAdvice(error);
  }
}

/** Whether an error says that something cannot be compiled, rather than that it went wrong. */
export const isUncompilable = (error: unknown): error is Error =>
  error instanceof TraceError || error instanceof CompileError;

/** The same error with what to do about it in `fit`. */
function withAdvice(error: unknown): unknown {
  if (!isUncompilable(error)) return error;
  return new TraceError(
    `${error.message}\n  Or pass { compiled: false }, which runs every operation as it comes.`,
    { cause: error },
  );
}

let supported: boolean | undefined;

/** Whether this engine builds WebAssembly with SIMD, which a content security policy may forbid. */
export function canCompile(): boolean {
  supported ??= buildsSimd();
  return supported;
}

function buildsSimd(): boolean {
  // (module (func (drop (v128.const i64x2 0 0))))
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 4, 1, 0x60, 0, 0],
    ...[3, 2, 1, 0],
    ...[10, 23, 1, 21, 0, 0xfd, 12, ...new Array<number>(16).fill(0), 0x1a, 0x0b],
  ]);
  try {
    return new WebAssembly.Module(bytes) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}
