export type { Emitter } from './emission.ts';
export { type FunctionName, functions, type VectorFunction } from './functions.ts';
export type { FloatLanes } from './lanes.ts';
export { normalFromBits } from './portable.ts';
