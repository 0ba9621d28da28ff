import { CompileError } from '../errors.ts';

/** As many pages of 64 KiB as WebAssembly addresses with 32 bits. */
const mostPages = 65536;

/** A program's memory, or an error that says how much it would need. */
export function memoryOf(pages: number): WebAssembly.Memory {
  const size = `${(pages / 16384).toFixed(1)} GiB`;
  const advice =
    '\n  Give it smaller batches, recompute with checkpoint(), or call the function without compile.';
  if (pages > mostPages) {
    throw new CompileError(
      `compile: the program needs ${size} of memory; WebAssembly has 4.${advice}`,
    );
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CompileError(
      `compile: the program needs ${size} of memory, which there is not.${advice}`,
      { cause: error },
    );
  }
}
