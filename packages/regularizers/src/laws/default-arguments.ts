import { drawn, type Law, law } from '@tikhonov/check';
import type { Method } from '../method.ts';
import { recipeTakes } from './defaults.ts';

/**
 * What the arguments of the methods of the objective and the process are by default. They are tried values: one
 * that changes by accident would show nowhere else.
 */
export const defaultArguments: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  l2: { lambda: 3e-3 },
  l1: { lambda: 1e-3 },
  'elastic-net': { lambda1: 2e-4, lambda2: 1.5e-3 },
  l0: { lambda: 4e-3, beta: 2 / 3, dropRateInit: 0.5 },
  'spectral-norm': { lambda: 0.03, nPowerIterations: 1 },
  'self-orthogonality': { lambda1: 5, lambda2: 5, gamma: 10 },
  weissi: { lambda1: 0.2, lambda2: 0 },
  'gradient-penalty': { lambda: 0.5 },
  'input-gradient-penalty': { lambda: 0.2 },
  'adversarial-training': { epsilon: 0.1, alpha: 0.5 },
  'jacobian-regularization': { lambda: 0.01, projections: 1 },
  'group-lasso': { lambda: 5e-4 },
  'nuclear-norm': { lambda: 0.01, every: 10 },
  orthogonality: { lambda: 3e-4 },
  'l2-sp': { alpha: 5e-3 },
  'max-norm': { maxValue: 1.5 },
  'path-norm': { lambda: 0.01 },
  bridge: { lambda: 5e-4, p: 0.5 },
  'huber-penalty': { lambda: 0.01, delta: 0.1 },
  'weight-clipping': { c: 0.15 },
  'activity-l1': { lambda: 0.01 },
  'activity-l2': { lambda: 0.01 },
  decov: { lambda: 0.1 },
  'kl-sparsity': { lambda: 0.01, rho: 0.05 },
  'weight-decay': { weightDecay: 0.5 },
  'gaussian-noise': { sigma: 0.3 },
  'random-shift': { pixels: 1 },
  'random-flip': { p: 0.5 },
  cutout: { size: 3 },
  mixup: { alpha: 0.4 },
  cutmix: { alpha: 1 },
  'label-smoothing': { labelSmoothing: 0.1 },
  'gradient-clipping': { maxNorm: 1 },
  'value-clipping': { clipValue: 0.01 },
  'soft-clipping': { gamma: 1 },
  'early-stopping': { patience: 5, validationFraction: 0.2 },
  prechelt: { s: 2, k: 5, validationFraction: 0.2 },
  'variational-information-bottleneck': { beta: 0.1, numSamples: 1 },
  'virtual-adversarial-training': { epsilon: 1, alpha: 1, nPowerIterations: 1 },
  flooding: { floodLevel: 0.4 },
  sam: { rho: 0.5 },
  asam: { rho: 2, eta: 0.01 },
  ema: { decay: 0.99 },
  swa: { startFromShare: 0.75 },
  lookahead: { alpha: 0.5, syncPeriod: 5 },
  'adaptive-gradient-clipping': { clipping: 0.1, eps: 1e-3 },
  'gradient-noise': { eta: 0.01, gamma: 0.55 },
  'gradient-centralization': {},
  'confidence-penalty': { beta: 0.3 },
  'entropy-minimization': { lambda: 0.1 },
  bootstrapping: { beta: 0.8 },
  'disturb-label': { rate: 0.1 },
  'pi-model': { lambda: 2, sigma: 0.3 },
  'mean-teacher': { lambda: 2, decay: 0.99, sigma: 0.3 },
  'knowledge-distillation': { alpha: 0.7, temperature: 4, decay: 0.99 },
};

/** The law that the arguments of a method are those that it was published with. */
export const defaultsLaw = (method: Method): readonly Law[] => {
  const want = defaultArguments[method.id];
  if (want === undefined) return [];
  return [
    law({
      id: `${method.id}/default-arguments`,
      statement: `Left out, the arguments are ${JSON.stringify(want)}.`,
      cases: drawn(() => ({})),
      slack: () => recipeTakes(method, want),
      effort: 0.01,
    }),
  ];
};
