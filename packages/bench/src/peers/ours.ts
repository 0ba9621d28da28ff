import type { Adapter } from '../peer.ts';
import { compileWith } from './compiler.ts';
import { oursWith } from './ours-adapter.ts';

/** This library, every function that is timed compiled. */
export const ours: Adapter = oursWith('tikhonov, compiled', compileWith());
