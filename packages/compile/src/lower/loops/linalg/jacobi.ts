import { type F64, type Kernel, type Routine, routine } from '../../../loops/index.ts';
import { hypot } from './matrices.ts';
import { turn } from './rows.ts';
import { matrix } from './rule.ts';

/** More than any matrix needs: convergence is quadratic. */
const maxSweeps = 60;

/** Whether the sign that the library promises for a vector needs its negation: see the eager kernel. */
export const needsFlip: Routine<readonly ['i32', 'i32', 'i32'], 'i32'> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  'i32',
  (k, at, step, count) => {
    const x = k.floats(at, 'float64', { strides: [step] });
    const largest = k.f64(0);
    k.for(0, count, (i) => largest.set(largest.max(x.get(i).abs())));
    const bound = k.f64(k.number(0.55).mul(largest));
    k.for(0, count, (i) => {
      const value = k.f64(x.get(i));
      k.if(value.abs().ge(bound), () => k.return(value.lt(0)));
    });
    return k.int(0);
  },
);

/** Tangent, cosine and sine of the rotation by the smaller angle whose double has the cotangent `zeta`. */
export function rotation(k: Kernel, zeta: F64): { t: F64; cosine: F64; sine: F64 } {
  const t = k.f64(
    zeta
      .lt(0)
      .select(k.number(-1), 1)
      .div(zeta.abs().add(k.call(hypot(k), 1, zeta))),
  );
  const cosine = k.f64(k.number(1).div(k.number(1).add(t.mul(t)).sqrt()));
  return { t, cosine, sine: k.f64(t.mul(cosine)) };
}

/** Rotates the symmetric `s` until it is diagonal; row `p` of `v` becomes the eigenvector of `s[p][p]`. */
export const diagonalize: Routine<readonly ['i32', 'i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  null,
  (k, diagonalized, vectors, n) => {
    const s = matrix(k, diagonalized, n);
    const v = matrix(k, vectors, n);
    k.for(0, maxSweeps, () => {
      const rotated = k.i32(0);
      k.for(0, n.sub(1), (p) => {
        k.for(p.add(1), n, (q, pairs) => {
          const apq = k.f64(s.get(p, q));
          const app = k.f64(s.get(p, p));
          const aqq = k.f64(s.get(q, q));
          const bound = k
            .number(2 ** -54)
            .mul(app.abs().sqrt())
            .mul(aqq.abs().sqrt());
          k.if(apq.abs().le(bound), () => pairs.continue());
          rotated.set(1);
          const theta = k.f64(aqq.sub(app).div(k.number(2).mul(apq)));
          const { t, cosine, sine } = rotation(k, theta);
          k.run(turn(k), s.at(p).address, s.at(q).address, n, cosine, sine);
          k.run(turn(k), v.at(p).address, v.at(q).address, n, cosine, sine);
          // The rows are turned; symmetry gives the columns, and the two by two block is known.
          s.set(app.sub(t.mul(apq)), p, p);
          s.set(aqq.add(t.mul(apq)), q, q);
          s.set(0, p, q);
          s.set(0, q, p);
          k.for(0, n, (i, others) => {
            k.if(i.eq(p).or(i.eq(q)), () => others.continue());
            s.set(s.get(p, i), i, p);
            s.set(s.get(q, i), i, q);
          });
        });
      });
      k.if(rotated.not(), () => k.return());
    });
  },
);

/** Rotates the `n` rows of `w` into orthogonal ones, and the rows of `v` with them. */
export const orthogonalize: Routine<readonly ['i32', 'i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  null,
  (k, rows, vectors, n) => {
    const w = matrix(k, rows, n);
    const v = matrix(k, vectors, n);
    const tolerance = k.f64(k.number(2 ** -53).mul(n.toF64().max(4)));
    k.for(0, maxSweeps, () => {
      const rotated = k.i32(0);
      k.for(0, n.sub(1), (p) => {
        k.for(p.add(1), n, (q, pairs) => {
          const [first, second] = [w.at(p), w.at(q)];
          const [alpha, beta, gamma] = [k.f64(0), k.f64(0), k.f64(0)];
          k.for(0, n, (i) => {
            const [x, y] = [k.f64(first.get(i)), k.f64(second.get(i))];
            alpha.set(alpha.add(x.mul(x)));
            beta.set(beta.add(y.mul(y)));
            gamma.set(gamma.add(x.mul(y)));
          });
          k.if(alpha.eq(0).or(beta.eq(0)), () => pairs.continue());
          const bound = tolerance.mul(alpha.sqrt()).mul(beta.sqrt());
          k.if(gamma.abs().le(bound), () => pairs.continue());
          rotated.set(1);
          const zeta = k.f64(beta.sub(alpha).div(k.number(2).mul(gamma)));
          const { cosine, sine } = rotation(k, zeta);
          k.run(turn(k), first.address, second.address, n, cosine, sine);
          k.run(turn(k), v.at(p).address, v.at(q).address, n, cosine, sine);
        });
      });
      k.if(rotated.not(), () => k.return());
    });
  },
);
