import {
  abs,
  add,
  div,
  eye,
  logicalNot,
  matmul,
  normalize,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  where,
} from '@tikhonov/core';
import { spectralNorm } from '@tikhonov/core/linalg';

/** How `orthogonality` measures the distance from orthonormal vectors. */
export type OrthogonalityForm = 'so' | 'dso' | 'mc' | 'srip' | 'off-diagonal' | 'cosine';

/** Which vectors of a matrix are meant. */
export type OrthogonalVectors = 'rows' | 'columns' | 'fewer';

const forms: readonly unknown[] = ['so', 'dso', 'mc', 'srip', 'off-diagonal', 'cosine'];
const sides: readonly unknown[] = ['rows', 'columns', 'fewer', undefined];

/** A TypeError for what is no form, or no vectors of that form. */
export function requireForm(form: unknown, vectors: unknown): void {
  if (!forms.includes(form)) {
    throw new TypeError(
      `orthogonality: unknown form ${String(form)}.\n  It takes ${forms.join(', ')}.`,
    );
  }
  if (!sides.includes(vectors)) {
    throw new TypeError(
      `orthogonality: vectors must be 'rows', 'columns' or 'fewer', got ${String(vectors)}.`,
    );
  }
  if (form === 'dso' && vectors !== undefined) {
    throw new TypeError(
      `orthogonality: the form 'dso' is of rows and columns, got vectors '${String(vectors)}'.\n  Leave them out, or use the form 'so'.`,
    );
  }
}

/** The distance of a matrix by a form. `[n, m] -> []`. */
export function deviationOf(
  w: Tensor,
  form: OrthogonalityForm,
  vectors: OrthogonalVectors | undefined,
): Tensor {
  if (form === 'dso') {
    return add(deviationOf(w, 'so', 'columns'), deviationOf(w, 'so', 'rows'));
  }
  const freeLengths = form === 'off-diagonal' || form === 'cosine';
  const side = vectors ?? (freeLengths ? 'rows' : 'columns');
  const ofRows = side === 'rows' || (side === 'fewer' && w.shape[0]! <= w.shape[1]!);
  const rows = ofRows ? w : transpose(w);
  const count = rows.shape[0]!;
  if (count === 0) return sum(w);
  return freeLengths ? coherence(rows, form) : distance(rows, form);
}

/** That of `W W^T` from the identity. */
function distance(rows: Tensor, form: OrthogonalityForm): Tensor {
  const identity = eye(rows.shape[0]!, { dtype: rows.dtype });
  const error = sub(matmul(rows, transpose(rows)), identity);
  if (form === 'mc') return abs(error).max();
  return form === 'srip' ? spectralNorm(error) : sum(square(error));
}

/** What `W W^T` has off its diagonal. */
function coherence(rows: Tensor, form: OrthogonalityForm): Tensor {
  const count = rows.shape[0]!;
  const others = logicalNot(eye(count, { dtype: 'bool' }));
  const vectors = form === 'cosine' ? normalize(rows, { axis: 1 }) : rows;
  const products = where(others, matmul(vectors, transpose(vectors)), 0);
  if (form === 'off-diagonal') return sum(square(products));
  return div(sum(abs(products)), Math.max(1, count * (count - 1)));
}
