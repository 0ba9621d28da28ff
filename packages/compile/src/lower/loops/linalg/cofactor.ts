import {
  type F64,
  type I32,
  type IntElements,
  type Kernel,
  type Routine,
  routine,
} from '../../../loops/index.ts';
import type { LoopRule } from '../../rule.ts';
import { longProduct, multiplyBy, numberOf } from './long-product.ts';
import { clear, hasNaN, readAll, spoil, writeAll } from './matrices.ts';
import { subtractRow, swapRows } from './rows.ts';
import { matrix, sizesOf, stackRule } from './rule.ts';

/**
 * `P A Q = L U` in place with complete pivoting, up to the last pivot; int32 `rows` and `columns` tell where
 * from. Gives `det(P) det(Q)`, or 0 if a pivot before the last is 0.
 */
const eliminate: Routine<readonly ['i32', 'i32', 'i32', 'i32'], 'f64'> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32', 'i32'],
  'f64',
  (k, address, n, rowOrder, columnOrder) => {
    const a = matrix(k, address, n);
    const rows = k.ints(rowOrder, 'int32', { strides: [1] });
    const columns = k.ints(columnOrder, 'int32', { strides: [1] });
    const exchange = (list: IntElements, i: I32, j: I32): void => {
      const kept = k.i32(list.get(i));
      list.set(list.get(j), i);
      list.set(kept, j);
    };
    const sign = k.f64(1);
    k.for(0, n, (i) => {
      rows.set(i, i);
      columns.set(i, i);
    });
    k.for(0, n.sub(1), (c) => {
      const [row, column, largest] = [k.i32(c), k.i32(c), k.f64(a.get(c, c).abs())];
      k.for(c, n, (i) => {
        k.for(c, n, (j) => {
          const value = k.f64(a.get(i, j).abs());
          k.if(value.gt(largest), () => {
            row.set(i);
            column.set(j);
            largest.set(value);
          });
        });
      });
      k.if(largest.eq(0), () => k.return(0));
      k.if(row.ne(c), () => {
        k.run(swapRows(k), a.at(c).address, a.at(row).address, n);
        exchange(rows, c, row);
        sign.set(sign.neg());
      });
      k.if(column.ne(c), () => {
        k.for(0, n, (i) => {
          const kept = k.f64(a.get(i, c));
          a.set(a.get(i, column), i, c);
          a.set(kept, i, column);
        });
        exchange(columns, c, column);
        sign.set(sign.neg());
      });
      const pivot = k.f64(a.get(c, c));
      const right = k.i32(n.sub(c).sub(1));
      const source = a.at(c, c.add(1));
      k.for(c.add(1), n, (i) => {
        const factor = k.f64(a.get(i, c).div(pivot));
        a.set(factor, i, c);
        k.run(subtractRow(k), a.at(i, c.add(1)).address, source.address, factor, right);
      });
    });
    return sign;
  },
);

type Part = 'a' | 'm' | 'out' | 'rows' | 'columns';

/** Cofactors by complete pivoting: the adjugate of `U` needs no division by the last pivot. */
export const cofactorRule: LoopRule<null> = /* @__PURE__ */ stackRule<null, Part>(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { a: n * n, m: n * n, out: n * n, rows: n, columns: n };
  },
  (k, { spec, inputs, outputs, parts }) => {
    const [, n] = sizesOf(spec);
    if (n === 0) return;
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, parts.a, n * n);
    clear(k, parts.out, n * n);
    k.if(
      k.call(hasNaN(k), parts.a, n * n),
      () => k.run(spoil(k), parts.out, n * n),
      () => {
        const sign = k.f64(k.call(eliminate(k), parts.a, n, parts.rows, parts.columns));
        // Otherwise two or more pivots are 0, and every minor is.
        k.if(sign.ne(0), () => fromFactors(k, n, parts, sign));
      },
    );
    writeAll(k, dtype, parts.out, outputs[0]!, n * n);
  },
);

function fromFactors(k: Kernel, n: number, parts: Readonly<Record<Part, I32>>, sign: F64): void {
  const a = matrix(k, parts.a, n);
  const m = matrix(k, parts.m, n);
  const out = matrix(k, parts.out, n);
  const last = n - 1;
  // m = L^-1, row after row.
  clear(k, parts.m, n * n);
  k.for(0, n, (i) => {
    m.set(1, i, i);
    k.for(0, i, (j) => {
      k.run(subtractRow(k), m.at(i).address, m.at(j).address, a.get(i, j), j.add(1));
    });
  });
  // With U = [[U1, w], [0, d]]: adj(U) = det(U1) [[d U1^-1, -U1^-1 w], [0, 1]].
  const d = k.f64(a.get(last, last));
  const determinant = longProduct(k);
  multiplyBy(k, determinant, sign);
  k.for(
    last - 1,
    -1,
    (i) => {
      const pivot = k.f64(a.get(i, i));
      const w = k.f64(a.get(i, last));
      const row = m.at(i);
      multiplyBy(k, determinant, pivot);
      k.for(0, n, (j) => row.set(d.mul(row.get(j)).sub(w.mul(m.get(last, j))), j));
      k.for(i.add(1), last, (j) => {
        k.run(subtractRow(k), row.address, m.at(j).address, a.get(i, j), n);
      });
      k.for(0, n, (j) => row.set(row.get(j).div(pivot), j));
    },
    -1,
  );
  const rows = k.ints(parts.rows, 'int32', { strides: [1] });
  const columns = k.ints(parts.columns, 'int32', { strides: [1] });
  k.for(0, n, (i) => {
    k.for(0, n, (j) => {
      const { mantissa, power } = determinant;
      const value = k.call(numberOf(k), mantissa, power, m.get(i, j));
      out.set(value, rows.get(j), columns.get(i));
    });
  });
}
