import { OnnxExportError } from './error.ts';
import type { OnnxDType } from './values.ts';

type Writer = (view: DataView, at: number, value: number) => void;

const writers: Readonly<Record<OnnxDType, { readonly bytes: number; readonly write: Writer }>> = {
  float32: { bytes: 4, write: (view, at, value) => view.setFloat32(at, value, true) },
  float64: { bytes: 8, write: (view, at, value) => view.setFloat64(at, value, true) },
  int32: { bytes: 4, write: (view, at, value) => view.setInt32(at, value, true) },
  uint32: { bytes: 4, write: (view, at, value) => view.setUint32(at, value, true) },
  int64: { bytes: 8, write: (view, at, value) => view.setBigInt64(at, BigInt(value), true) },
  bool: { bytes: 1, write: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1) },
};

/** Numbers as ONNX stores them: little-endian, whatever the machine. */
export function rawData(name: string, values: ArrayLike<number>, dtype: OnnxDType): Uint8Array {
  const { bytes, write } = writers[dtype];
  const data = new Uint8Array(values.length * bytes);
  const view = new DataView(data.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (dtype === 'float32' && Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
      throw new OnnxExportError(
        `exportOnnx: "${name}" holds ${value}, which is too large for float32.\n  Export with { dtype: 'float64' }.`,
      );
    }
    write(view, i * bytes, value);
  }
  return data;
}
