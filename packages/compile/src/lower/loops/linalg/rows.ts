import { type F64, type I32, type Kernel, type Routine, routine } from '../../../loops/index.ts';
import { vector } from './rule.ts';

// Rows are adjacent float64 elements. What is done to each of them alone is done to two at a time.

/** Runs `pair` for every two of `count` elements, by offset in bytes, and `single` for one left over. */
function byPairs(
  k: Kernel,
  count: I32,
  pair: (offset: I32) => void,
  single: (offset: I32) => void,
): void {
  const offset = k.i32(0);
  const end = k.i32(count.and(-2).shl(3));
  k.while(
    () => offset.lt(end),
    () => pair(offset),
    () => offset.set(offset.add(16)),
  );
  k.if(count.and(1), () => single(offset));
}

/** A vector local with a number in both lanes. */
function splat(k: Kernel, value: F64): number {
  const local = k.code.local('v128');
  value.write(k);
  k.code.op('f64x2.splat').set(local);
  return local;
}

const load = (k: Kernel, address: I32, offset: I32): void => {
  address.add(offset).write(k);
  k.code.memory('v128.load', 0, 3);
};

/** `target[i] -= factor * source[i]` */
export const subtractRow: Routine<readonly ['i32', 'i32', 'f64', 'i32'], null> =
  /* @__PURE__ */ routine(
    ['i32', 'i32', 'f64', 'i32'],
    null,
    (k, target, source, factor, count) => {
      const factors = splat(k, factor);
      byPairs(
        k,
        count,
        (offset) => {
          target.add(offset).write(k);
          load(k, target, offset);
          load(k, source, offset);
          k.code.get(factors).op('f64x2.mul', 'f64x2.sub').memory('v128.store', 0, 3);
        },
        (offset) => {
          const to = vector(k, target.add(offset));
          const from = vector(k, source.add(offset));
          to.set(to.get(0).sub(factor.mul(from.get(0))), 0);
        },
      );
    },
  );

/** Rotates two rows into each other: `p' = cosine p - sine q`, `q' = sine p + cosine q`. */
export const turn: Routine<readonly ['i32', 'i32', 'i32', 'f64', 'f64'], null> =
  /* @__PURE__ */ routine(
    ['i32', 'i32', 'i32', 'f64', 'f64'],
    null,
    (k, p, q, count, cosine, sine) => {
      const { code } = k;
      const [c, s] = [splat(k, cosine), splat(k, sine)];
      const [a, b] = [code.local('v128'), code.local('v128')];
      byPairs(
        k,
        count,
        (offset) => {
          load(k, p, offset);
          code.set(a);
          load(k, q, offset);
          code.set(b);
          p.add(offset).write(k);
          code.get(c).get(a).op('f64x2.mul').get(s).get(b).op('f64x2.mul', 'f64x2.sub');
          code.memory('v128.store', 0, 3);
          q.add(offset).write(k);
          code.get(s).get(a).op('f64x2.mul').get(c).get(b).op('f64x2.mul', 'f64x2.add');
          code.memory('v128.store', 0, 3);
        },
        (offset) => {
          const [x, y] = [vector(k, p.add(offset)), vector(k, q.add(offset))];
          const [one, other] = [k.f64(x.get(0)), k.f64(y.get(0))];
          x.set(cosine.mul(one).sub(sine.mul(other)), 0);
          y.set(sine.mul(one).add(cosine.mul(other)), 0);
        },
      );
    },
  );

/** Exchanges two rows. */
export const swapRows: Routine<readonly ['i32', 'i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  null,
  (k, p, q, count) => {
    const [x, y] = [vector(k, p), vector(k, q)];
    k.for(0, count, (i) => {
      const value = k.f64(x.get(i));
      x.set(y.get(i), i);
      y.set(value, i);
    });
  },
);
