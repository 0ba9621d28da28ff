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
