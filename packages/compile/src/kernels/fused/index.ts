export { emitFused } from './fused.ts';
export { type Level, type Levels, levelsOf } from './levels.ts';
export type { FusedSpec, Node, Reduction, Target, Walk } from './spec.ts';
