import {
  type F64,
  type I32,
  type I32Variable,
  type Kernel,
  type Routine,
  routine,
} from '../../../loops/index.ts';
import type { LoopRule } from '../../rule.ts';
import { factorize, substitute } from './lu.ts';
import { clear, powerOfTwo, readAll, spoil, writeAll } from './matrices.ts';
import { subtractRow } from './rows.ts';
import { matrix, sizesOf, stackRule, vector } from './rule.ts';

/** Largest 1-norm at which each degree has a backward error below 2^-53 (Higham 2005, table 2.3). */
const degrees = [
  [3, 1.495585217958292e-2],
  [5, 2.53939833006323e-1],
  [7, 9.504178996162932e-1],
  [9, 2.097847961257068],
  [13, 5.371920351148152],
] as const;

const [highest, largestBound] = degrees[4];

/** `out = a b` for `n` by `n` matrices. */
const multiply: Routine<readonly ['i32', 'i32', 'i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32', 'i32'],
  null,
  (k, left, right, to, n) => {
    const [a, b, out] = [matrix(k, left, n), matrix(k, right, n), matrix(k, to, n)];
    clear(k, to, n.mul(n));
    k.for(0, n, (i) => {
      const row = out.at(i);
      k.for(0, n, (j) => {
        const factor = k.f64(a.get(i, j));
        // Less the product with the opposite is exactly plus the product.
        k.if(factor.ne(0), () => {
          k.run(subtractRow(k), row.address, b.at(j).address, factor.neg(), n);
        });
      });
    });
  },
);

/** Largest column sum of magnitudes. */
const columnNorm: Routine<readonly ['i32', 'i32'], 'f64'> = /* @__PURE__ */ routine(
  ['i32', 'i32'],
  'f64',
  (k, address, n) => {
    const a = matrix(k, address, n);
    const norm = k.f64(0);
    k.for(0, n, (j) => {
      const sum = k.f64(0);
      k.for(0, n, (i) => sum.set(sum.add(a.get(i, j).abs())));
      k.if(sum.le(norm).not(), () => norm.set(sum));
    });
    return norm;
  },
);

/** The least integer whose power of two is not below a number of at least 1. */
function logarithmUp(k: Kernel, x: F64): I32Variable {
  const bits = k.i64(x.bits());
  const exponent = k.i32(bits.shrU(52n).toI32().sub(1023));
  k.if(bits.and(0xf_ffff_ffff_ffffn).ne(0n), () => exponent.set(exponent.add(1)));
  return exponent;
}

const exchange = (k: Kernel, a: I32Variable, b: I32Variable): void => {
  const kept = k.i32(a);
  a.set(b);
  b.set(kept);
};

/**
 * The exponential of a matrix, which is overwritten, by scaling, a Pade approximant and squaring. `work` has
 * room for `5 n^2 + n + 14` elements. Gives the address of the result.
 */
const exponential: Routine<readonly ['i32', 'i32', 'i32'], 'i32'> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  'i32',
  (k, address, n, work) => {
    const size = k.i32(n.mul(n));
    const norm = k.f64(k.call(columnNorm(k), address, n));
    k.if(norm.lt(Infinity).not(), () => {
      k.run(spoil(k), address, size);
      k.return(address);
    });
    const degree = k.i32(highest);
    for (const [d, bound] of degrees.slice(0, -1).reverse()) {
      k.if(norm.le(bound), () => degree.set(d));
    }
    const squarings = k.i32(0);
    k.if(norm.gt(largestBound), () => squarings.set(logarithmUp(k, norm.div(largestBound))));
    // In two steps, because 2^-squarings may underflow where the quotient does not.
    const half = k.i32(squarings.shr(1));
    const [first, second] = [k.f64(powerOfTwo(half)), k.f64(powerOfTwo(squarings.sub(half)))];
    const a = vector(k, address);
    k.for(0, size, (i) => a.set(a.get(i).div(first).div(second), i));

    let at: I32 = work;
    const part = (count: I32 | number): I32Variable => {
      const start = k.i32(at);
      at = k.i32(start.add(k.int(count).mul(8)));
      return start;
    };
    const squared = part(size);
    const even = part(size);
    const odd = part(size);
    const spare = part(size);
    const denominator = part(size);
    const order = part(n);
    const c = vector(k, part(highest + 1));
    // Coefficients of the numerator, (2 q - j)! / (j! (q - j)!) up to a factor.
    c.set(1, 0);
    k.for(0, degree, (j) => {
      const below = degree.mul(2).sub(j).mul(j.add(1)).toF64();
      c.set(c.get(j).mul(degree.sub(j).toF64()).div(below), j.add(1));
    });
    k.run(multiply(k), address, address, squared, n);
    // Horner in A^2: even = c0 + c2 A^2 + ..., odd = A (c1 + c3 A^2 + ...).
    clear(k, even, size);
    clear(k, odd, size);
    k.for(
      degree.sub(1),
      -1,
      (j) => {
        for (const [sum, from] of [
          [even, 0],
          [odd, 1],
        ] as const) {
          k.run(multiply(k), sum, squared, spare, n);
          exchange(k, sum, spare);
          const diagonal = k.floats(sum, 'float64', { strides: [k.i32(n.add(1))] });
          k.for(0, n, (i) => diagonal.set(diagonal.get(i).add(c.get(j.add(from))), i));
        }
      },
      -2,
    );
    // (V - U)^-1 (V + U) with the odd part U and the even part V.
    k.run(multiply(k), address, odd, spare, n);
    const [u, v, difference] = [vector(k, spare), vector(k, even), vector(k, denominator)];
    k.for(0, size, (i) => difference.set(v.get(i).sub(u.get(i)), i));
    k.run(factorize(k), denominator, n, order);
    const rows = k.ints(order, 'int32', { strides: [1] });
    k.for(0, n, (i) => {
      const from = k.i32(rows.get(i));
      const [top, bottom] = [matrix(k, even, n).at(from), matrix(k, spare, n).at(from)];
      const numerator = matrix(k, odd, n).at(i);
      k.for(0, n, (j) => numerator.set(top.get(j).add(bottom.get(j)), j));
    });
    k.run(substitute(k), denominator, n, odd, n);
    k.for(0, squarings, () => {
      k.run(multiply(k), odd, odd, spare, n);
      exchange(k, odd, spare);
    });
    return odd;
  },
);

/** Padé's approximation, scaled and squared. */
export const matrixExpRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { a: n * n, work: 5 * n * n + n + highest + 1 };
  },
  (k, { spec, inputs, outputs, parts: { a, work } }) => {
    const [, n] = sizesOf(spec);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, a, n * n);
    const result = k.i32(k.call(exponential(k), a, n, work));
    writeAll(k, dtype, result, outputs[0]!, n * n);
  },
);
