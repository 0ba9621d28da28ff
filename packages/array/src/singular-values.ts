import { contiguous, type View } from './view.ts';

/**
 * Singular values of a matrix view `[n, m]`, descending, by one-sided Jacobi rotations (Hestenes
 * 1958), which finds small values to high relative accuracy. Plain numbers: not differentiable.
 */
export function singularValues(matrix: View): Float64Array {
  const [rows, columns] = [matrix.shape[0]!, matrix.shape[1]!];
  const wide = columns > rows;
  const [n, m] = wide ? [columns, rows] : [rows, columns];
  const source = contiguous(matrix).data;
  // Column j of the tall matrix is stored as row j, so rotations touch contiguous memory.
  const u = Array.from({ length: m }, (_, j) =>
    Float64Array.from({ length: n }, (_, i) => source[wide ? j * columns + i : i * columns + j]!),
  );
  const dot = (p: Float64Array, q: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += p[i]! * q[i]!;
    return sum;
  };
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < m - 1; p++) {
      for (let q = p + 1; q < m; q++) {
        const [up, uq] = [u[p]!, u[q]!];
        const [alpha, beta, gamma] = [dot(up, up), dot(uq, uq), dot(up, uq)];
        if (gamma === 0 || Math.abs(gamma) <= 1e-16 * Math.sqrt(alpha * beta)) continue;
        rotated = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.hypot(1, t);
        const sine = cosine * t;
        for (let i = 0; i < n; i++) {
          const [x, y] = [up[i]!, uq[i]!];
          up[i] = cosine * x - sine * y;
          uq[i] = sine * x + cosine * y;
        }
      }
    }
    if (!rotated) break;
  }
  return Float64Array.from(u, (column) => Math.sqrt(dot(column, column))).sort((a, b) => b - a);
}
