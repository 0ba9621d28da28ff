/**
 * A file that is not what its format asks for: cut short, changed, of an unknown version, or with sizes
 * that contradict each other. Every reader of files throws this, whatever the bytes are, before it
 * allocates anything that the file does not account for.
 *
 * @example
 * ```ts
 * let isFormatError = false;
 * try {
 *   data.readNpy(new Uint8Array([1, 2, 3]));
 * } catch (error) {
 *   isFormatError = error instanceof data.FormatError;
 * }
 * isFormatError; // => true
 * ```
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
