import { type Routine, routine } from '../../../loops/index.ts';
import { subtractRow, swapRows } from './rows.ts';
import { matrix } from './rule.ts';

/**
 * Factorizes the `n` by `n` matrix `a` in place, `P A = L U` with partial pivoting; int32 `order[i]` is the
 * row that became row `i`. Gives the determinant of the permutation, or 0 if a pivot is exactly 0.
 */
export const factorize: Routine<readonly ['i32', 'i32', 'i32'], 'f64'> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  'f64',
  (k, address, n, order) => {
    const a = matrix(k, address, n);
    const rows = k.ints(order, 'int32', { strides: [1] });
    const sign = k.f64(1);
    const singular = k.i32(0);
    k.for(0, n, (i) => rows.set(i, i));
    k.for(0, n, (c, columns) => {
      const best = k.i32(c);
      const largest = k.f64(a.get(c, c).abs());
      k.for(c.add(1), n, (i) => {
        const value = k.f64(a.get(i, c).abs());
        k.if(value.gt(largest), () => {
          largest.set(value);
          best.set(i);
        });
      });
      k.if(largest.eq(0), () => {
        singular.set(1);
        columns.continue();
      });
      k.if(best.ne(c), () => {
        k.run(swapRows(k), a.at(c).address, a.at(best).address, n);
        const row = k.i32(rows.get(c));
        rows.set(rows.get(best), c);
        rows.set(row, best);
        sign.set(sign.neg());
      });
      const pivot = k.f64(a.get(c, c));
      const right = k.i32(n.sub(c).sub(1));
      const source = a.at(c, c.add(1));
      k.for(c.add(1), n, (i) => {
        const factor = k.f64(a.get(i, c).div(pivot));
        a.set(factor, i, c);
        // Not skipped where the factor is 0: 0 times NaN must arrive.
        k.run(subtractRow(k), a.at(i, c.add(1)).address, source.address, factor, right);
      });
    });
    return singular.select(k.number(0), sign);
  },
);

/** Solves `L U X = X0` in place for the `m` columns of `x`, already in pivot order. */
export const substitute: Routine<readonly ['i32', 'i32', 'i32', 'i32'], null> =
  /* @__PURE__ */ routine(['i32', 'i32', 'i32', 'i32'], null, (k, lu, n, to, m) => {
    const a = matrix(k, lu, n);
    const x = matrix(k, to, m);
    k.for(0, n, (i) => {
      const row = x.at(i);
      k.for(0, i, (j) => {
        k.run(subtractRow(k), row.address, x.at(j).address, a.get(i, j), m);
      });
    });
    k.for(
      n.sub(1),
      -1,
      (i) => {
        const row = x.at(i);
        k.for(i.add(1), n, (j) => {
          k.run(subtractRow(k), row.address, x.at(j).address, a.get(i, j), m);
        });
        const pivot = k.f64(a.get(i, i));
        k.for(0, m, (j) => row.set(row.get(j).div(pivot), j));
      },
      -1,
    );
  });
