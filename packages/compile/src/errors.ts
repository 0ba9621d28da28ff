/** The engine cannot run compiled programs. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}
