import { describe, expect, test } from '@jest/globals';
import { add, erf, erfc, grad, type Tensor } from '@tikhonov/core';
import { double, numbers } from '../support.ts';

// The oracle: fixed-point numbers of 2400 bits, enough for erfc(27) = 1e-318 after the cancellation of
// terms as large as e^729.
const bits = 2400n;
const one = 1n << bits;
const times = (x: bigint, y: bigint): bigint => (x * y) >> bits;

/** The double, exactly. */
function fixed(x: number): bigint {
  let [whole, shift] = [x, 0n];
  while (!Number.isInteger(whole)) {
    whole *= 2;
    shift += 1n;
  }
  return (BigInt(whole) << bits) >> shift;
}

/** pi by Machin's formula, 16 atan(1/5) - 4 atan(1/239). */
function pi(): bigint {
  const arctangent = (inverse: bigint): bigint => {
    let [sum, power] = [0n, one / inverse];
    for (let n = 1n; power !== 0n; n += 2n) {
      sum += (n % 4n === 1n ? power : -power) / n;
      power /= inverse * inverse;
    }
    return sum;
  };
  return 16n * arctangent(5n) - 4n * arctangent(239n);
}

function root(x: bigint): bigint {
  let guess = one;
  for (;;) {
    const next = (guess + (x << bits) / guess) >> 1n;
    if (next === guess || next === guess + 1n) return guess;
    guess = next;
  }
}

const slope = (2n << (2n * bits)) / root(pi());

/** erf by its Taylor series, 2 / sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1)). */
function exact(x: number): bigint {
  const at = fixed(x);
  const square = times(at, at);
  let [sum, term] = [0n, at];
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    sum += term / (2n * n - 1n);
    term = -times(term, square) / n;
  }
  return times(slope, sum);
}

/** Distance of a double from the exact value, in units of its last place. */
function ulps(got: number, want: bigint): number {
  const place = Math.max(2 ** (Math.floor(Math.log2(Math.abs(got) || 5e-324)) - 52), 5e-324);
  const error = fixed(got) - want;
  return Number(((error < 0n ? -error : error) * 1000n) / fixed(place)) / 1000;
}

/** The ends of all intervals of the approximation, and points between. */
const points = [
  5e-324, 1e-310, 1e-20, 1e-8, 0.1, 0.3, 0.468, 0.46875, 0.469, 0.4737823612400249, 0.6, 0.84, 1,
  1.2, 1.9, 2.7, 3.368611826267378, 3.999, 4, 4.001, 4.1, 4.3, 4.7, 5.3, 5.92, 6.1, 8, 11.7, 15.2,
  19.9, 24.87, 25.99, 26, 26.54, 26.9, 27.2, 27.226,
];
const at = double([...points, ...points.map((x) => -x)]);

describe('erf and erfc against the Taylor series in 2400 bits', () => {
  const want = numbers(at).map(exact);

  test('the oracle knows erf(1) and erfc(10)', () => {
    const digits = 10n ** 30n;
    expect(times(exact(1), digits << bits) >> bits).toBe(842700792949714869341220635082n);
    // 2.088487583762544757000786294957788611560818119321163727012213713938...e-45
    const scaled = times(one - exact(10), (10n ** 60n) << bits) >> bits;
    expect(scaled).toBe(2088487583762544n);
  });

  test('erf is within 4 ulp', () => {
    const worst = Math.max(...numbers(erf(at)).map((y, i) => ulps(y, want[i]!)));
    expect(worst).toBeLessThan(4);
    // Not a comparison of zeros: results are rounded, so some differ.
    expect(worst).toBeGreaterThan(0.1);
  });

  test('erfc is within 5 ulp, to the last subnormal numbers of its tail', () => {
    const worst = Math.max(...numbers(erfc(at)).map((y, i) => ulps(y, one - want[i]!)));
    expect(worst).toBeLessThan(5);
    expect(worst).toBeGreaterThan(0.1);
    expect(erfc(double(27.226)).item()).toBeGreaterThan(0);
  });
});

describe('erf and erfc', () => {
  test('have their limits, keep NaN and the sign of zero', () => {
    expect(erf(double([Infinity, -Infinity, 7, -7])).toArray()).toEqual([1, -1, 1, -1]);
    expect(erfc(double([Infinity, -Infinity, 28, -7])).toArray()).toEqual([0, 2, 0, 2]);
    expect(erf(double([NaN])).item()).toBeNaN();
    expect(erfc(double([NaN])).item()).toBeNaN();
    expect(Object.is(erf(double(-0)).item(), -0)).toBe(true);
  });

  test('add up to 1', () => {
    for (const y of numbers(add(erf(at), erfc(at)))) expect(Math.abs(y - 1)).toBeLessThan(1e-15);
  });

  test.each([0, 1, 2, 3])(
    'derivative %i is finite at the infinities and at huge values',
    (order) => {
      const differentiate = (f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
        grad((x: Tensor) => f(x).sum());
      for (const f of [erf, erfc] as readonly ((x: Tensor) => Tensor)[]) {
        let derivative = f;
        for (let k = 0; k < order; k++) derivative = differentiate(derivative);
        const ends = numbers(derivative(double([Infinity, -Infinity, 1e200, -1e200, 41])));
        expect(ends.every((y) => (order === 0 ? Number.isFinite(y) : y === 0))).toBe(true);
      }
    },
  );
});
