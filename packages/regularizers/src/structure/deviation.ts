import { equal, sqrt, type Tensor, where } from '@tikhonov/core';

/**
 * Square roots of variances. Where one is 0 the root is 0 with gradient 0, as there is no noise; the root itself
 * has an infinite slope there, which would turn into NaN. NaN stays.
 */
export function deviation(variance: Tensor): Tensor {
  const still = equal(variance, 0);
  return where(still, 0, sqrt(where(still, 1, variance)));
}
