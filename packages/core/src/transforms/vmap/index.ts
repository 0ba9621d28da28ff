export { type VmapOptions, vmap } from './vmap.ts';
