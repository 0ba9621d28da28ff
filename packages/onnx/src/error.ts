/** Thrown by `exportOnnx` for a model, or a part of one, that it cannot write. */
export class OnnxExportError extends Error {
  override readonly name = 'OnnxExportError';
}
