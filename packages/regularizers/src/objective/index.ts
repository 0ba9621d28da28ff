export {
  type ActivityOptions,
  type ActivityTermOptions,
  activityL1,
  activityL1Term,
  activityL2,
  activityL2Term,
} from './activity-penalty.ts';
export type { ActivationOptions } from './activity-select.ts';
export {
  type AdversarialExampleOptions,
  adversarialExample,
  type ProjectedStepsOptions,
  type SingleStepOptions,
} from './adversarial-example.ts';
export {
  type AdversarialLossOptions,
  type AdversarialTermOptions,
  adversarialLoss,
  adversarialTerm,
} from './adversarial-training.ts';
export { type BridgeOptions, bridge } from './bridge.ts';
export { type DeCovOptions, type DeCovTermOptions, deCov, deCovTerm } from './decov.ts';
export {
  type ElasticNetOptions,
  elasticNet,
  proxElasticNet,
  type StrengthAndRatio,
  type TwoStrengths,
} from './elastic-net.ts';
export {
  type DirichletPenaltyOptions,
  dirichletEnergy,
  type FunctionGradientPenaltyOptions,
  functionGradientPenalty,
  type R1PenaltyOptions,
  type WassersteinPenaltyOptions,
} from './function-gradient-penalty.ts';
export {
  type GeometricOccam,
  type GeometricOccamOptions,
  geometricOccam,
  type OccamBound,
  type OccamLayer,
} from './geometric-occam.ts';
export {
  type GivenParameters,
  type GradientPenaltyOptions,
  gradientPenalty,
  gradientPenaltyTerm,
  type LossParameters,
  type ParameterLoss,
  type PenalizedGradients,
} from './gradient-penalty.ts';
export {
  type GroupLassoOptions,
  groupLasso,
  type ProxGroupLassoOptions,
  proxGroupLasso,
} from './group-lasso.ts';
export {
  type HuberPenaltyOptions,
  huberPenalty,
  type SmoothL1PenaltyOptions,
  smoothL1Penalty,
} from './huber-penalty.ts';
export {
  type GradientFlowOptions,
  gradientFlow,
  type ImplicitGradientOptions,
  type ImplicitGradientOrder,
  type ImplicitGradientOrderOptions,
  implicitGradientOrder,
  implicitGradientPenalty,
  modifiedLoss,
} from './implicit-gradient-regularization.ts';
export {
  type GradientSize,
  type InputGradientPenaltyOptions,
  inputGradientPenalty,
  inputGradients,
  inputGradientTerm,
} from './input-gradient-penalty.ts';
export {
  type JacobianPenaltyOptions,
  jacobianPenalty,
  jacobianTerm,
} from './jacobian-regularization.ts';
export type { BatchFunction } from './jacobian-rows.ts';
export {
  type KlSparsityOptions,
  type KlSparsityTermOptions,
  klSparsity,
  klSparsityTerm,
} from './kl-sparsity.ts';
export { hardThreshold, proxL0 } from './l0.ts';
export {
  type GatedLayer,
  type L0GateOptions,
  L0Gates,
  l0GatesOf,
  withL0Gates,
} from './l0-gates.ts';
export {
  gateProbNonzero,
  gateProbOne,
  type HardConcreteOptions,
  type HardConcreteSample,
  hardConcrete,
  hardConcreteGate,
  type L0PenaltyOptions,
  l0Penalty,
  type SampleGateOptions,
} from './l0-hard-concrete.ts';
export { type L0PruneOptions, l0Prune, SelectFeatures } from './l0-prune.ts';
export {
  type CountNonzeroOptions,
  countNonzero,
  type L0LayerReport,
  L0Report,
  l0Report,
} from './l0-report.ts';
export { type L0TermOptions, l0Clamp, l0Term } from './l0-term.ts';
export {
  type L1Options,
  type LaplacePriorOptions,
  l1,
  laplacePrior,
  type Prox,
  proximal,
  proximalStep,
  proxL1,
  softThreshold,
} from './l1.ts';
export {
  frobeniusNorm,
  type GaussianPriorOptions,
  gaussianPrior,
  type L2Options,
  l2,
  proxL2,
} from './l2.ts';
export { type L2SpOptions, l2Sp } from './l2-sp.ts';
export { type LazyTerm, lazily } from './lazily.ts';
export {
  type LipschitzEstimate,
  type LipschitzEstimateOptions,
  lipschitzEstimate,
} from './lipschitz.ts';
export { maxNorm, type Projection, project, type SliceOptions } from './max-norm.ts';
export { type NuclearNormOptions, nuclearNorm, proxNuclear } from './nuclear-norm.ts';
export { type OrthogonalityOptions, orthogonality } from './orthogonality.ts';
export type { OrthogonalityForm, OrthogonalVectors } from './orthogonality-forms.ts';
export { type PathNormOptions, pathNorm } from './path-norm.ts';
export type { SampleLosses } from './per-sample.ts';
export type { PowerIterationOptions, SingularPair } from './power-iteration.ts';
export {
  type CorrelationPenaltyOptions,
  type SelfOrthogonalityOfOutputsOptions,
  type SelfOrthogonalityOptions,
  selfOrthogonality,
  selfOrthogonalityOfOutputs,
} from './self-orthogonality-penalty.ts';
export {
  type SelfOrthogonalityTermOptions,
  selfOrthogonalityTerm,
} from './self-orthogonality-term.ts';
export { type SignCorrelationOptions, signCorrelations } from './sign-correlations.ts';
export {
  type SpectralNormOptions,
  type SpectralNormPenalty,
  spectralNorm,
  spectralNormValue,
} from './spectral-norm.ts';
export {
  type SpectralNormPenaltyOptions,
  type SpectralNormPenaltyResult,
  spectralNormPenalty,
} from './spectral-norm-penalty.ts';
export { clipWeights } from './weight-clipping.ts';
export { type WeissiOptions, weissi } from './weissi.ts';
