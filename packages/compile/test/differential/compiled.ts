import type { Transformation } from '@tikhonov/check';
import { compile } from '../../src/compile.ts';

/** What is compared with plain calls. */
export const compiled: Transformation = (f) => compile(f);
