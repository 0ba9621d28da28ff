import type { Lanes } from './lanes.ts';

/**
 * `c[0] z^n + ... + c[n]` by Estrin's scheme, in pairs and pairs of pairs: Horner's rule would be one
 * chain of dependent instructions. `square` is z^2, if it is there already.
 */
export function polynomial(
  z: Lanes,
  c: readonly (Lanes | number)[],
  square: Lanes = z.mul(z),
): Lanes {
  let terms = c.map((value) => (typeof value === 'number' ? z.number(value) : value)).reverse();
  for (let power = z; terms.length > 1; power = power === z ? square : power.mul(power)) {
    const pairs: Lanes[] = [];
    for (let k = 0; k < terms.length; k += 2) {
      const above = terms[k + 1];
      pairs.push(above === undefined ? terms[k]! : above.mul(power).add(terms[k]!));
    }
    terms = pairs;
  }
  return terms[0] ?? z.number(0);
}
