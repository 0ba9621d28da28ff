import type { Method, TrainingPlan } from './method.ts';
import { activityL1Method } from './objective/activity-l1.ts';
import { activityL2Method } from './objective/activity-l2.ts';
import { adversarialTrainingMethod } from './objective/adversarial-training.ts';
import { bridgeMethod } from './objective/bridge.ts';
import { deCovMethod } from './objective/decov.ts';
import { elasticNetMethod } from './objective/elastic-net.ts';
import { gradientPenaltyMethod } from './objective/gradient-penalty.ts';
import { groupLassoMethod } from './objective/group-lasso.ts';
import { huberPenaltyMethod } from './objective/huber-penalty.ts';
import { inputGradientPenaltyMethod } from './objective/input-gradient-penalty.ts';
import { jacobianRegularizationMethod } from './objective/jacobian-regularization.ts';
import { klSparsityMethod } from './objective/kl-sparsity.ts';
import { l0Method } from './objective/l0.ts';
import { l1Method } from './objective/l1.ts';
import { l2Method } from './objective/l2.ts';
import { l2SpMethod } from './objective/l2-sp.ts';
import { maxNormMethod } from './objective/max-norm.ts';
import { nuclearNormMethod } from './objective/nuclear-norm.ts';
import { orthogonalityMethod } from './objective/orthogonality.ts';
import { pathNormMethod } from './objective/path-norm.ts';
import { selfOrthogonalityMethod } from './objective/self-orthogonality.ts';
import { spectralNormMethod } from './objective/spectral-norm.ts';
import { weightClippingMethod } from './objective/weight-clipping.ts';
import { weissiMethod } from './objective/weissi.ts';
import { adaptiveGradientClippingMethod } from './process/adaptive-gradient-clipping.ts';
import { asamMethod } from './process/asam.ts';
import { bootstrappingMethod } from './process/bootstrapping.ts';
import { confidencePenaltyMethod } from './process/confidence-penalty.ts';
import { cutmixMethod } from './process/cutmix.ts';
import { cutoutMethod } from './process/cutout.ts';
import { disturbLabelMethod } from './process/disturb-label.ts';
import { earlyStoppingMethod } from './process/early-stopping.ts';
import { emaMethod } from './process/ema.ts';
import { entropyMinimizationMethod } from './process/entropy-minimization.ts';
import { floodingMethod } from './process/flooding.ts';
import { gaussianNoiseMethod } from './process/gaussian-noise.ts';
import { gradientCentralizationMethod } from './process/gradient-centralization.ts';
import { gradientClippingMethod } from './process/gradient-clipping.ts';
import { gradientNoiseMethod } from './process/gradient-noise.ts';
import { knowledgeDistillationMethod } from './process/knowledge-distillation.ts';
import { labelSmoothingMethod } from './process/label-smoothing.ts';
import { lookaheadMethod } from './process/lookahead.ts';
import { meanTeacherMethod } from './process/mean-teacher.ts';
import { mixupMethod } from './process/mixup.ts';
import { piModelMethod } from './process/pi-model.ts';
import { precheltMethod } from './process/prechelt.ts';
import { randomFlipMethod } from './process/random-flip.ts';
import { randomShiftMethod } from './process/random-shift.ts';
import { samMethod } from './process/sam.ts';
import { softClippingMethod } from './process/soft-clipping.ts';
import { swaMethod } from './process/swa.ts';
import { valueClippingMethod } from './process/value-clipping.ts';
import { variationalInformationBottleneckMethod } from './process/variational-information-bottleneck.ts';
import { virtualAdversarialTrainingMethod } from './process/virtual-adversarial-training.ts';
import { weightDecayMethod } from './process/weight-decay.ts';
import { alphaDropoutMethod } from './structure/alpha-dropout.ts';
import { batchNormalizationMethod } from './structure/batch-normalization.ts';
import { concreteDropoutMethod } from './structure/concrete-dropout.ts';
import { curriculumDropoutMethod } from './structure/curriculum-dropout.ts';
import { dropPathMethod } from './structure/drop-path.ts';
import { dropBlockMethod } from './structure/dropblock.ts';
import { dropConnectMethod } from './structure/dropconnect.ts';
import { dropoutMethod } from './structure/dropout.ts';
import { gaussianDropoutMethod } from './structure/gaussian-dropout.ts';
import { gaussianNoiseLayerMethod } from './structure/gaussian-noise-layer.ts';
import { layerNormalizationMethod } from './structure/layer-normalization.ts';
import { maxDropMethod } from './structure/max-drop.ts';
import { maxDropoutMethod } from './structure/max-dropout.ts';
import { maxPoolDropoutMethod } from './structure/max-pool-dropout.ts';
import { mcDropoutMethod } from './structure/mc-dropout.ts';
import { rDropMethod } from './structure/r-drop.ts';
import { shakeShakeMethod } from './structure/shake-shake.ts';
import { spatialDropoutMethod } from './structure/spatial-dropout.ts';
import { spectralNormalizationMethod } from './structure/spectral-normalization.ts';
import { standoutMethod } from './structure/standout.ts';
import { stochasticDepthMethod } from './structure/stochastic-depth.ts';
import { stochasticDropoutMethod } from './structure/stochastic-dropout.ts';
import { variationalDropoutMethod } from './structure/variational-dropout.ts';
import { weightNormalizationMethod } from './structure/weight-normalization.ts';
import { weightStandardizationMethod } from './structure/weight-standardization.ts';
import { weightedChannelDropoutMethod } from './structure/weighted-channel-dropout.ts';
import { zoneoutMethod } from './structure/zoneout.ts';

/** All methods of the catalogue, by family. The command line, the docs and the playground read it. */
export const methods: readonly Method[] = [
  l2Method,
  l1Method,
  elasticNetMethod,
  l0Method,
  spectralNormMethod,
  selfOrthogonalityMethod,
  weissiMethod,
  gradientPenaltyMethod,
  inputGradientPenaltyMethod,
  adversarialTrainingMethod,
  jacobianRegularizationMethod,
  groupLassoMethod,
  nuclearNormMethod,
  orthogonalityMethod,
  l2SpMethod,
  maxNormMethod,
  pathNormMethod,
  bridgeMethod,
  huberPenaltyMethod,
  weightClippingMethod,
  activityL1Method,
  activityL2Method,
  deCovMethod,
  klSparsityMethod,
  dropoutMethod,
  mcDropoutMethod,
  gaussianDropoutMethod,
  standoutMethod,
  alphaDropoutMethod,
  gaussianNoiseLayerMethod,
  curriculumDropoutMethod,
  stochasticDropoutMethod,
  spatialDropoutMethod,
  dropBlockMethod,
  weightedChannelDropoutMethod,
  maxPoolDropoutMethod,
  maxDropMethod,
  maxDropoutMethod,
  rDropMethod,
  stochasticDepthMethod,
  dropPathMethod,
  dropConnectMethod,
  zoneoutMethod,
  concreteDropoutMethod,
  variationalDropoutMethod,
  shakeShakeMethod,
  batchNormalizationMethod,
  layerNormalizationMethod,
  spectralNormalizationMethod,
  weightNormalizationMethod,
  weightStandardizationMethod,
  weightDecayMethod,
  gaussianNoiseMethod,
  randomShiftMethod,
  randomFlipMethod,
  cutoutMethod,
  mixupMethod,
  cutmixMethod,
  labelSmoothingMethod,
  gradientClippingMethod,
  valueClippingMethod,
  softClippingMethod,
  earlyStoppingMethod,
  precheltMethod,
  variationalInformationBottleneckMethod,
  virtualAdversarialTrainingMethod,
  floodingMethod,
  samMethod,
  asamMethod,
  emaMethod,
  swaMethod,
  lookaheadMethod,
  adaptiveGradientClippingMethod,
  gradientNoiseMethod,
  gradientCentralizationMethod,
  confidencePenaltyMethod,
  entropyMinimizationMethod,
  bootstrappingMethod,
  disturbLabelMethod,
  piModelMethod,
  meanTeacherMethod,
  knowledgeDistillationMethod,
];

/** No regularization at all: what recipes start from and comparisons are made with. */
export const plainPlan: TrainingPlan = {
  network: {},
  parts: [],
  models: [],
  transforms: [],
  loss: {},
  losses: [],
  penalties: [],
  gradients: [],
  weightDecay: 0,
  updates: [],
  optimizers: [],
  callbacks: [],
  validationFraction: 0,
};

/**
 * The method with the given id.
 *
 * @throws RangeError if there is none, with the nearest ids
 * @example
 * ```ts
 * reg.findMethod('l2').title; // => 'L2 regularization (ridge)'
 * ```
 */
export function findMethod(id: string): Method {
  const found = methods.find((method) => method.id === id);
  if (found !== undefined) return found;
  const ids = methods.map((method) => method.id);
  const near = ids.filter((known) => editDistance(id, known) <= Math.max(2, known.length / 3));
  throw new RangeError(
    `There is no method "${id}".\n` +
      (near.length > 0
        ? `  Did you mean ${near.join(' or ')}? All methods: ${ids.join(', ')}.`
        : `  Choose one of ${ids.join(', ')}.`),
  );
}

/** How many letters must be inserted, deleted or replaced (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
