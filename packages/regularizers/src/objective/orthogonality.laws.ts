import { drawn, type Law, law } from '@tikhonov/check';
import {
  concat,
  eye,
  grad,
  matmul,
  mul,
  norm,
  permute,
  reshape,
  slice,
  sub,
  type Tensor,
  transpose,
  zeros,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { orthogonalOf, real } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { type OrthogonalityOptions, orthogonality, orthogonalityMethod } from './orthogonality.ts';
import type { OrthogonalityForm } from './orthogonality-forms.ts';
import { spectralNormValue } from './spectral-norm.ts';

const at = (w: Tensor, options: Omit<OrthogonalityOptions, 'lambda'> = {}): number =>
  orthogonality(w, { lambda: 1, ...options }).item();

const matrixOf = (draw: CaseDraw): Tensor => draw.tensor([draw.integer(1, 4), draw.integer(1, 4)]);

const forms: readonly OrthogonalityForm[] = ['so', 'dso', 'mc', 'srip', 'off-diagonal', 'cosine'];

/** `W^T W - I` as rows of numbers. */
const errorOf = (w: Tensor): number[][] =>
  sub(matmul(transpose(w), w), eye(w.shape[1]!, { dtype: 'float64' })).toArray() as number[][];

/** What orthogonal regularization promises. */
export const orthogonalityLaws: readonly Law[] = [
  law({
    id: 'orthogonality/value',
    statement:
      'With E = W^T W - I: SO is the sum of squares of E, DSO adds that of W W^T - I, MC is the largest |E_ij|, SRIP the largest singular value of E.',
    cases: drawn((draw) => ({ w: matrixOf(draw), lambda: real(draw, 0, 2) })),
    slack: ({ w, lambda }) => {
      const squares = (x: Tensor): number =>
        errorOf(x)
          .flat()
          .reduce((total, e) => total + e * e, 0);
      const largest = Math.max(...errorOf(w).flat().map(Math.abs));
      const error = sub(matmul(transpose(w), w), eye(w.shape[1]!, { dtype: 'float64' }));
      const value = (form?: OrthogonalityForm): Tensor =>
        orthogonality(w, form === undefined ? { lambda } : { lambda, form });
      return Math.min(
        near(value(), lambda * squares(w), 1e-13),
        near(value('dso'), lambda * (squares(w) + squares(transpose(w))), 1e-13),
        near(value('mc'), lambda * largest, 1e-13),
        near(value('srip'), lambda * spectralNormValue(error), 1e-12),
      );
    },
  }),
  law({
    id: 'orthogonality/pairs',
    statement:
      'Off-diagonal is the sum of squared products of two different rows, cosine the mean absolute cosine of them.',
    cases: drawn((draw) => ({ w: matrixOf(draw), lambda: real(draw, 0, 2) })),
    slack: ({ w, lambda }) => {
      const rows = w.toArray() as number[][];
      const pairs = rows.flatMap((a, i) =>
        rows.filter((_, j) => j !== i).map((b) => [a, b] as const),
      );
      const dot = (a: readonly number[], b: readonly number[]): number =>
        a.reduce((total, x, k) => total + x * b[k]!, 0);
      const squares = pairs.reduce((total, [a, b]) => total + dot(a, b) ** 2, 0);
      const unit = (a: readonly number[]): number[] => {
        const length = Math.hypot(...a);
        return a.map((x) => x / Math.max(length, 1e-12));
      };
      const cosines = pairs.reduce((total, [a, b]) => total + Math.abs(dot(unit(a), unit(b))), 0);
      return Math.min(
        near(orthogonality(w, { lambda, form: 'off-diagonal' }), lambda * squares, 1e-13),
        near(
          orthogonality(w, { lambda, form: 'cosine' }),
          (lambda * cosines) / Math.max(1, pairs.length),
          1e-13,
        ),
      );
    },
  }),
  law({
    id: 'orthogonality/rows-and-columns',
    statement:
      'Soft orthogonality of the columns of an m x n matrix is that of its rows plus n - m; other forms of the rows are those of the transposed columns.',
    cases: drawn((draw) => ({ w: matrixOf(draw), form: draw.pick(forms) })),
    slack: ({ w, form }) => {
      const [m, n] = w.shape as [number, number];
      const [rows, columns] = [at(w, { vectors: 'rows' }), at(w, { vectors: 'columns' })];
      const scale = 1 + rows + columns;
      const differ = near((columns - rows) / scale, (n - m) / scale, 1e-14);
      if (form === 'dso') return Math.min(differ, near(at(w, { form }), rows + columns, 1e-14));
      return Math.min(
        differ,
        near(
          at(w, { form, vectors: 'rows' }),
          at(transpose(w), { form, vectors: 'columns' }),
          1e-13,
        ),
        exactly(
          at(w, { form, vectors: 'fewer' }),
          at(w, { form, vectors: m <= n ? 'rows' : 'columns' }),
        ),
      );
    },
  }),
  law({
    id: 'orthogonality/gradient',
    statement: 'The gradient of lambda ||W^T W - I||_F^2 is 4 lambda W (W^T W - I).',
    cases: drawn((draw) => ({ w: matrixOf(draw), lambda: real(draw, 0.1, 2) })),
    slack: ({ w, lambda }) => {
      const slope = grad((x: Tensor) => orthogonality(x, { lambda }))(w);
      const error = sub(matmul(transpose(w), w), eye(w.shape[1]!, { dtype: 'float64' }));
      return near(slope, matmul(w, error).mul(4 * lambda), 1e-12);
    },
  }),
  law({
    id: 'orthogonality/orthonormal-vectors',
    statement:
      'Orthonormal rows are free by every form; of any other length they are by off-diagonal and cosine.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        q: orthogonalOf(draw, n),
        kept: draw.integer(1, n),
        lengths: draw.tensor([n, 1], { min: 0.1, max: 3 }),
      };
    }),
    slack: ({ q, kept, lengths }) => {
      const rows = slice(q, [{ stop: kept }]);
      const stretched = slice(mul(q, lengths), [{ stop: kept }]);
      const every = forms.filter((form) => form !== 'dso');
      return Math.min(
        ...every.map((form) => near(at(rows, { form, vectors: 'rows' }), 0, 1e-13)),
        near(at(stretched, { form: 'off-diagonal' }), 0, 1e-13),
        near(at(stretched, { form: 'cosine' }), 0, 1e-13),
      );
    },
  }),
  law({
    id: 'orthogonality/ordered-forms',
    statement:
      'MC <= SRIP <= the root of SO, which is at most n SRIP squared: max, spectral and Frobenius norm of one matrix.',
    cases: drawn((draw) => ({ w: matrixOf(draw) })),
    slack: ({ w }) => {
      const [mc, srip, so] = [at(w, { form: 'mc' }), at(w, { form: 'srip' }), at(w)];
      return Math.min(
        atMost(mc, srip, 1e-12),
        atMost(srip, Math.sqrt(so), 1e-12),
        atMost(so, w.shape[1]! * srip ** 2, 1e-12),
      );
    },
  }),
  law({
    id: 'orthogonality/restricted-isometry',
    statement:
      'SRIP bounds how lengths change: | ||W z||^2 - ||z||^2 | <= SRIP ||z||^2 for every z.',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 4), draw.integer(1, 4)];
      return { w: draw.tensor([n, m]), z: draw.tensor([m, 1]) };
    }),
    slack: ({ w, z }) => {
      const [after, before] = [norm(matmul(w, z)).item() ** 2, norm(z).item() ** 2];
      // Both squares are rounded before they are subtracted.
      const rounding = 1e-14 * (after + before);
      return atMost(Math.abs(after - before), at(w, { form: 'srip' }) * before + rounding, 1e-12);
    },
  }),
  law({
    id: 'orthogonality/invariance',
    statement:
      'Turning the space does not change it: forms of the rows stay for W Q with orthogonal Q; cosine stays for any lengths, and is in [0, 1].',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        w: draw.tensor([n, m], { avoid: [0] }),
        q: orthogonalOf(draw, m),
        lengths: draw.tensor([n, 1], { min: 0.1, max: 3 }),
      };
    }),
    slack: ({ w, q, lengths }) => {
      const cosine = at(w, { form: 'cosine' });
      return Math.min(
        ...forms
          .filter((form) => form !== 'dso')
          .map((form) =>
            near(
              at(matmul(w, q), { form, vectors: 'rows' }),
              at(w, { form, vectors: 'rows' }),
              1e-11,
            ),
          ),
        near(at(mul(w, lengths), { form: 'cosine' }), cosine, 1e-12),
        atMost(cosine, 1, 1e-14),
      );
    },
  }),
  law({
    id: 'orthogonality/zero-vectors',
    statement: 'A row that is 0 adds no cosine and gets no gradient from it.',
    cases: drawn((draw) => ({ w: draw.tensor([draw.integer(1, 3), 2], { avoid: [0] }) })),
    slack: ({ w }) => {
      const n = w.shape[0]!;
      const more = concat([w, zeros([1, 2], { dtype: 'float64' })], { axis: 0 });
      const slope = grad((x: Tensor) => orthogonality(x, { lambda: 1, form: 'cosine' }))(more);
      return Math.min(
        near(at(more, { form: 'cosine' }) * (n + 1), at(w, { form: 'cosine' }) * (n - 1), 1e-13),
        exactly(slice(slope, [{ start: n }]), zeros([1, 2], { dtype: 'float64' })),
      );
    },
  }),
  law({
    id: 'orthogonality/kernels',
    statement: 'A kernel counts as the matrix [out, in kh kw]; dim names another output axis.',
    cases: drawn((draw) => ({
      kernel: draw.tensor([2, 3, 1, 2]),
      dim: draw.integer(-4, 3),
      form: draw.pick(forms),
    })),
    slack: ({ kernel, dim, form }) => {
      const axis = dim < 0 ? dim + 4 : dim;
      const order = [axis, ...[0, 1, 2, 3].filter((k) => k !== axis)];
      const matrix = reshape(permute(kernel, order), [kernel.shape[axis]!, -1]);
      return near(at(kernel, { form, dim }), at(matrix, { form }), 1e-12);
    },
  }),
  zeroStrengthLaw('orthogonality', (ws, lambda) =>
    forms
      .map((form) =>
        orthogonality(
          ws.map((w) => reshape(w, [-1, 1])),
          { lambda, form },
        ),
      )
      .reduce((a, b) => a.add(b)),
  ),
  recipeLaw(orthogonalityMethod, (model, { lambda }) =>
    orthogonality(model, { lambda: lambda!, vectors: 'fewer' }),
  ),
  filterLaw('orthogonality', (params, options) => orthogonality(params, { ...options, lambda: 2 })),
];
