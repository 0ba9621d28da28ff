import type { Law } from '@tikhonov/check';
import { defaultsLaw } from './laws/default-arguments.ts';
import { gradientLaw } from './laws/gradients.ts';
import { boundsLaw, planLaw } from './laws/plan.ts';
import { activityL1Laws } from './objective/activity-l1.laws.ts';
import { activityL2Laws } from './objective/activity-l2.laws.ts';
import { adversarialTrainingLaws } from './objective/adversarial-training.laws.ts';
import { bridgeLaws } from './objective/bridge.laws.ts';
import { deCovLaws } from './objective/decov.laws.ts';
import { elasticNetLaws } from './objective/elastic-net.laws.ts';
import { gradientPenaltyLaws } from './objective/gradient-penalty.laws.ts';
import { groupLassoLaws } from './objective/group-lasso.laws.ts';
import { huberPenaltyLaws } from './objective/huber-penalty.laws.ts';
import { inputGradientPenaltyLaws } from './objective/input-gradient-penalty.laws.ts';
import { jacobianRegularizationLaws } from './objective/jacobian-regularization.laws.ts';
import { klSparsityLaws } from './objective/kl-sparsity.laws.ts';
import { l0Laws } from './objective/l0.laws.ts';
import { l1Laws } from './objective/l1.laws.ts';
import { l2Laws } from './objective/l2.laws.ts';
import { l2SpLaws } from './objective/l2-sp.laws.ts';
import { maxNormLaws } from './objective/max-norm.laws.ts';
import { nuclearNormLaws } from './objective/nuclear-norm.laws.ts';
import { orthogonalityLaws } from './objective/orthogonality.laws.ts';
import { pathNormLaws } from './objective/path-norm.laws.ts';
import { selfOrthogonalityLaws } from './objective/self-orthogonality.laws.ts';
import { spectralNormLaws } from './objective/spectral-norm.laws.ts';
import { weightClippingLaws } from './objective/weight-clipping.laws.ts';
import { weissiLaws } from './objective/weissi.laws.ts';
import { adaptiveGradientClippingLaws } from './process/adaptive-gradient-clipping.laws.ts';
import { asamLaws } from './process/asam.laws.ts';
import { bootstrappingLaws } from './process/bootstrapping.laws.ts';
import { confidencePenaltyLaws } from './process/confidence-penalty.laws.ts';
import { cutmixLaws } from './process/cutmix.laws.ts';
import { cutoutLaws } from './process/cutout.laws.ts';
import { disturbLabelLaws } from './process/disturb-label.laws.ts';
import { earlyStoppingLaws } from './process/early-stopping.laws.ts';
import { emaLaws } from './process/ema.laws.ts';
import { entropyMinimizationLaws } from './process/entropy-minimization.laws.ts';
import { floodingLaws } from './process/flooding.laws.ts';
import { gaussianNoiseLaws } from './process/gaussian-noise.laws.ts';
import { gradientCentralizationLaws } from './process/gradient-centralization.laws.ts';
import { gradientClippingLaws } from './process/gradient-clipping.laws.ts';
import { gradientNoiseLaws } from './process/gradient-noise.laws.ts';
import { knowledgeDistillationLaws } from './process/knowledge-distillation.laws.ts';
import { labelSmoothingLaws } from './process/label-smoothing.laws.ts';
import { lookaheadLaws } from './process/lookahead.laws.ts';
import { meanTeacherLaws } from './process/mean-teacher.laws.ts';
import { mixupLaws } from './process/mixup.laws.ts';
import { piModelLaws } from './process/pi-model.laws.ts';
import { precheltLaws } from './process/prechelt.laws.ts';
import { randomFlipLaws } from './process/random-flip.laws.ts';
import { randomShiftLaws } from './process/random-shift.laws.ts';
import { samLaws } from './process/sam.laws.ts';
import { softClippingLaws } from './process/soft-clipping.laws.ts';
import { swaLaws } from './process/swa.laws.ts';
import { valueClippingLaws } from './process/value-clipping.laws.ts';
import { variationalInformationBottleneckLaws } from './process/variational-information-bottleneck.laws.ts';
import { virtualAdversarialTrainingLaws } from './process/virtual-adversarial-training.laws.ts';
import { weightDecayLaws } from './process/weight-decay.laws.ts';
import { methods } from './registry.ts';
import { alphaDropoutLaws } from './structure/alpha-dropout.laws.ts';
import { batchNormalizationLaws } from './structure/batch-normalization.laws.ts';
import { concreteDropoutLaws } from './structure/concrete-dropout.laws.ts';
import { curriculumDropoutLaws } from './structure/curriculum-dropout.laws.ts';
import { dropPathLaws } from './structure/drop-path.laws.ts';
import { dropBlockLaws } from './structure/dropblock.laws.ts';
import { dropConnectLaws } from './structure/dropconnect.laws.ts';
import { dropoutLaws } from './structure/dropout.laws.ts';
import { gaussianDropoutLaws } from './structure/gaussian-dropout.laws.ts';
import { gaussianNoiseLayerLaws } from './structure/gaussian-noise-layer.laws.ts';
import { layerNormalizationLaws } from './structure/layer-normalization.laws.ts';
import { maxDropLaws } from './structure/max-drop.laws.ts';
import { maxDropoutLaws } from './structure/max-dropout.laws.ts';
import { maxPoolDropoutLaws } from './structure/max-pool-dropout.laws.ts';
import { mcDropoutLaws } from './structure/mc-dropout.laws.ts';
import { rDropLaws } from './structure/r-drop.laws.ts';
import { shakeShakeLaws } from './structure/shake-shake.laws.ts';
import { spatialDropoutLaws } from './structure/spatial-dropout.laws.ts';
import { spectralNormalizationLaws } from './structure/spectral-normalization.laws.ts';
import { standoutLaws } from './structure/standout.laws.ts';
import { stochasticDepthLaws } from './structure/stochastic-depth.laws.ts';
import { stochasticDropoutLaws } from './structure/stochastic-dropout.laws.ts';
import { variationalDropoutLaws } from './structure/variational-dropout.laws.ts';
import { weightNormalizationLaws } from './structure/weight-normalization.laws.ts';
import { weightStandardizationLaws } from './structure/weight-standardization.laws.ts';
import { weightedChannelDropoutLaws } from './structure/weighted-channel-dropout.laws.ts';
import { zoneoutLaws } from './structure/zoneout.laws.ts';

/** The laws of all methods, those about derivatives included. Ids begin with the method's. */
export const laws: readonly Law[] = [
  ...l2Laws,
  ...l1Laws,
  ...elasticNetLaws,
  ...l0Laws,
  ...spectralNormLaws,
  ...selfOrthogonalityLaws,
  ...weissiLaws,
  ...gradientPenaltyLaws,
  ...inputGradientPenaltyLaws,
  ...adversarialTrainingLaws,
  ...jacobianRegularizationLaws,
  ...groupLassoLaws,
  ...nuclearNormLaws,
  ...orthogonalityLaws,
  ...l2SpLaws,
  ...maxNormLaws,
  ...pathNormLaws,
  ...bridgeLaws,
  ...huberPenaltyLaws,
  ...weightClippingLaws,
  ...activityL1Laws,
  ...activityL2Laws,
  ...deCovLaws,
  ...klSparsityLaws,
  ...dropoutLaws,
  ...mcDropoutLaws,
  ...gaussianDropoutLaws,
  ...standoutLaws,
  ...spatialDropoutLaws,
  ...dropBlockLaws,
  ...weightedChannelDropoutLaws,
  ...maxPoolDropoutLaws,
  ...maxDropLaws,
  ...maxDropoutLaws,
  ...rDropLaws,
  ...stochasticDepthLaws,
  ...dropPathLaws,
  ...alphaDropoutLaws,
  ...gaussianNoiseLayerLaws,
  ...curriculumDropoutLaws,
  ...stochasticDropoutLaws,
  ...dropConnectLaws,
  ...zoneoutLaws,
  ...concreteDropoutLaws,
  ...variationalDropoutLaws,
  ...shakeShakeLaws,
  ...batchNormalizationLaws,
  ...layerNormalizationLaws,
  ...spectralNormalizationLaws,
  ...weightNormalizationLaws,
  ...weightStandardizationLaws,
  ...weightDecayLaws,
  ...gaussianNoiseLaws,
  ...randomShiftLaws,
  ...randomFlipLaws,
  ...cutoutLaws,
  ...mixupLaws,
  ...cutmixLaws,
  ...labelSmoothingLaws,
  ...gradientClippingLaws,
  ...valueClippingLaws,
  ...softClippingLaws,
  ...earlyStoppingLaws,
  ...precheltLaws,
  ...variationalInformationBottleneckLaws,
  ...virtualAdversarialTrainingLaws,
  ...floodingLaws,
  ...samLaws,
  ...asamLaws,
  ...emaLaws,
  ...swaLaws,
  ...lookaheadLaws,
  ...adaptiveGradientClippingLaws,
  ...gradientNoiseLaws,
  ...gradientCentralizationLaws,
  ...confidencePenaltyLaws,
  ...entropyMinimizationLaws,
  ...bootstrappingLaws,
  ...disturbLabelLaws,
  ...piModelLaws,
  ...meanTeacherLaws,
  ...knowledgeDistillationLaws,
  ...methods.map(planLaw),
  ...methods.flatMap(boundsLaw),
  ...methods.flatMap(defaultsLaw),
  ...methods.flatMap(gradientLaw),
];
