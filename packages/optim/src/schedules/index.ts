export { constant } from './constant.ts';
export {
  type CosineOptions,
  type CosineWarmRestartsOptions,
  cosine,
  cosineWarmRestarts,
} from './cosine.ts';
export { type ExponentialOptions, exponential } from './exponential.ts';
export { type OneCycleOptions, oneCycle } from './one-cycle.ts';
export {
  type LinearOptions,
  linear,
  type PolynomialOptions,
  polynomial,
  type WarmupOptions,
  warmup,
} from './ramps.ts';
export { type SequenceOptions, sequence } from './sequence.ts';
export {
  type MultiStepOptions,
  multiStep,
  type StepDecayOptions,
  stepDecay,
} from './step-decay.ts';
