// sin r = r + r z S(z), cos r = 1 - z / 2 + z^2 C(z), z = r^2, |r| <= pi / 4; minimax, relative errors 2^-57
// and 2^-63. Apart from the functions, which programs that only draw do without.

/** Coefficients of S, that of the highest power first. */
export const sineDouble: readonly number[] = [
  1.5895914180332868e-10, -2.5050742545998127e-8, 2.755731358974558e-6, -0.00019841269829503765,
  0.00833333333332202, -0.1666666666666663,
];

/** Coefficients of C, that of the highest power first. */
export const cosineDouble: readonly number[] = [
  -1.1358310082168177e-11, 2.0875696575544597e-9, -2.7557314148755045e-7, 2.4801587288749182e-5,
  -0.0013888888888872897, 0.041666666666666595,
];
