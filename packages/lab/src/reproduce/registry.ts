import type { AnyReproduction } from './reproduction.ts';

/** Every reproduction by its name; loaded when asked for. */
export const reproductions: Readonly<Record<string, () => Promise<AnyReproduction>>> = {
  'lasso-prostate': () => import('./lasso-prostate.ts').then((module) => module.lassoProstate),
  'elastic-net': () => import('./elastic-net.ts').then((module) => module.elasticNet),
  'adam-l2-vs-adamw': () => import('./adam-l2-vs-adamw.ts').then((module) => module.adamL2VsAdamw),
  'clipping-accelerates': () =>
    import('./clipping-accelerates.ts').then((module) => module.clippingAccelerates),
  prechelt: () => import('./prechelt.ts').then((module) => module.precheltReproduction),
  'label-smoothing-calibration': () =>
    import('./label-smoothing-calibration.ts').then((module) => module.labelSmoothingCalibration),
  'igr-order': () => import('./igr-order.ts').then((module) => module.igrOrder),
  'flooding-gaussians': () =>
    import('./flooding-gaussians.ts').then((module) => module.floodingGaussians),
  'weissi-invariance': () =>
    import('./weissi-invariance.ts').then((module) => module.weissiInvariance),
  'self-orthogonality': () =>
    import('./self-orthogonality.ts').then((module) => module.selfOrthogonalityReproduction),
  'vat-moons': () => import('./vat-moons.ts').then((module) => module.vatMoons),
  'gradient-penalty-flatness': () =>
    import('./gradient-penalty-flatness.ts').then((module) => module.gradientPenaltyFlatness),
  'spectral-lipschitz': () =>
    import('./spectral-lipschitz.ts').then((module) => module.spectralLipschitz),
  vib: () => import('./vib.ts').then((module) => module.vib),
  'l0-lenet': () => import('./l0-lenet.ts').then((module) => module.l0Lenet),
  'l1-corner': () => import('./l1-corner.ts').then((module) => module.l1Corner),
  'dropout-ridge': () => import('./dropout-ridge.ts').then((module) => module.dropoutRidge),
  'mc-dropout': () => import('./mc-dropout.ts').then((module) => module.mcDropoutReproduction),
  'max-pool-dropout': () =>
    import('./max-pool-dropout.ts').then((module) => module.maxPoolDropoutReproduction),
  'stochastic-depth': () =>
    import('./stochastic-depth.ts').then((module) => module.stochasticDepthReproduction),
  'r-drop': () => import('./r-drop.ts').then((module) => module.rDropReproduction),
};
