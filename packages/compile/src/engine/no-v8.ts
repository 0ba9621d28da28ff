import { moduleOf } from '../runtime/module.ts';
import type { Host } from './host.ts';
import type { Environment, Instance } from './instance.ts';

// In place of v8.ts in bundles for browsers, which have no flags.

/** The host of a page. */
export const hostHere = (): Host => ({ flags: null, v8: undefined, arch: undefined, started: [] });

/** There is nothing to try: throws why. */
export function tryWide(): never {
  throw new Error('only Node lets flags of V8 be set');
}

export { tryWide as tryEager, tryWide as tryProduct };

/** A program, of its bytes. */
export const instantiate = (bytes: Uint8Array<ArrayBuffer>, env: Environment): Instance => ({
  functions: new WebAssembly.Instance(moduleOf(bytes), { env }).exports as Instance['functions'],
  problem: () => null,
});

/** The module of a program's bytes. */
export const buildModule = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module => moduleOf(bytes);
