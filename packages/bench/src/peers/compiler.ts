import { type CompileOptions, compile } from '@tikhonov/compile';
import type { Wrap } from './ours-adapter.ts';

/** Compilation, as what is done to each function that is timed. */
export const compileWith =
  (options: CompileOptions = {}): Wrap =>
  (f) =>
    compile(f, options);
