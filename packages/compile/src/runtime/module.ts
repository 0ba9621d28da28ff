import { CompileError } from '../errors.ts';

/** The module, or an error that says why the page may not have one. */
export function moduleOf(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (!(error instanceof Error) || !/unsafe-eval|Content Security Policy/i.test(error.message)) {
      throw error;
    }
    throw new CompileError(
      "compile: the page's content security policy forbids WebAssembly.\n" +
        "  Add 'wasm-unsafe-eval' to its script-src, or call the function without compile.",
      { cause: error },
    );
  }
}
