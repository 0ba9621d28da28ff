export { isInRange, resolveArguments } from './arguments.ts';
export { type ConfiguredTraining, type ConfigureOptions, configure } from './configure.ts';
export type {
  Argument,
  ArgumentValues,
  CallbackScope,
  Family,
  GradientCase,
  Method,
  Network,
  NetworkKind,
  NetworkSettings,
  ObjectiveMethod,
  OtherMethod,
  Penalty,
  PlanPart,
  PlanScope,
  Reference,
  TrainingPlan,
  TrainingTask,
} from './method.ts';
export type { NetworkSpec } from './networks.ts';
export * from './objective/index.ts';
export type { PenaltyTarget, SelectOptions } from './parameters.ts';
export * from './process/index.ts';
export { findMethod, methods, plainPlan } from './registry.ts';
export type { Strength } from './strength.ts';
export * from './structure/index.ts';
