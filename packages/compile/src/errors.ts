/** An operation has no form in WebAssembly. */
export class LoweringError extends Error {
  override readonly name = 'LoweringError';

  constructor(operation: string) {
    super(
      `compile: ${operation} cannot be compiled yet.\n  Call the function without compile, or leave ${operation} outside of it.`,
    );
  }
}

/** The engine cannot run compiled programs. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}
