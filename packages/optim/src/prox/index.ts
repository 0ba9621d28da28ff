export { proxNuclear } from './nuclear.ts';
export {
  type ElasticNetStrengths,
  type GroupLassoOptions,
  type Prox,
  proxElasticNet,
  proxGroupLasso,
  proxL0,
  proxL1,
  proxL2,
} from './operators.ts';
export {
  maxNorm,
  nonNegative,
  type Projection,
  type SliceOptions,
  unitNorm,
} from './projections.ts';
export { proximalStep } from './step.ts';
export { hardThreshold, softThreshold } from './thresholds.ts';
export { project, proximal, type SelectOptions } from './transforms.ts';
