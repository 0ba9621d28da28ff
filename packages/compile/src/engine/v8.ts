// What can be done with flags of V8, under Node. Bundles for browsers have no-v8.ts in its place: see
// `browser` in package.json.
export { tryEager, tryWide } from './attempts.ts';
export { hostHere } from './host.ts';
export { instantiate } from './instance.ts';
export { buildModule } from './module.ts';
export { tryProduct } from './trial.ts';
