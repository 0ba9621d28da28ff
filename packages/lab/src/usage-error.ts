/** Something the person at the command line can mend: printed as one line, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
