import type { Peer } from '../peer.ts';
import { nodeFrom, npmGroup, pythonModule } from '../requirements.ts';

/** The peers: to add one, write its file and a line here. Ours come first. */
export const peers: readonly Peer[] = [
  {
    id: 'ours',
    variant: 'compiled',
    ours: true,
    load: async () => (await import('./ours.ts')).ours,
  },
  {
    id: 'ours/wide',
    variant: 'compiled, 256-bit vectors',
    ours: true,
    requires: nodeFrom(24),
    load: async () => (await import('./ours-wide.ts')).oursWide(),
  },
  {
    id: 'ours-eager',
    variant: 'eager',
    ours: true,
    load: async () => (await import('./ours-eager.ts')).oursEager,
  },
  {
    id: 'jax-js/jit',
    variant: 'jit',
    requires: npmGroup('jax-js'),
    load: async () => (await import('./jax-js.ts')).jaxJs('jit'),
  },
  {
    id: 'jax-js/eager',
    variant: 'eager',
    requires: npmGroup('jax-js'),
    load: async () => (await import('./jax-js.ts')).jaxJs('eager'),
  },
  {
    id: 'tfjs-wasm',
    variant: 'eager, SIMD',
    requires: npmGroup('tfjs'),
    load: async () => (await import('./tfjs-wasm.ts')).tfjsWasm(),
  },
  {
    id: 'tfjs-cpu',
    variant: 'eager',
    requires: npmGroup('tfjs'),
    load: async () => (await import('./tfjs-cpu.ts')).tfjsCpu(),
  },
  {
    id: 'pytorch',
    variant: 'eager, 1 thread',
    requires: pythonModule('torch'),
    load: async () => (await import('./python.ts')).pytorch(),
  },
  {
    id: 'numpy',
    variant: '1 thread',
    requires: pythonModule('numpy'),
    load: async () => (await import('./python.ts')).numpy(),
  },
];
