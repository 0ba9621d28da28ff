import type { Transformation } from '@tikhonov/check';
import { allLowerings, compile } from '../../src/index.ts';

/** What is compared with plain calls: nothing is left to eager kernels. */
export const compiled: Transformation = (f) => compile(f, { lowerings: allLowerings });
