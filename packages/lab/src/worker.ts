// The entry that the pool's threads load.
export { runOne as default } from './compare/run-one.ts';
