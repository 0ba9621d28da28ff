import type { AnyReproduction } from './reproduction.ts';

/** Every reproduction by its name; loaded when asked for. */
export const reproductions: Readonly<Record<string, () => Promise<AnyReproduction>>> = {
  'lasso-prostate': () => import('./lasso-prostate.ts').then((module) => module.lassoProstate),
  'elastic-net': () => import('./elastic-net.ts').then((module) => module.elasticNet),
  'adam-l2-vs-adamw': () => import('./adam-l2-vs-adamw.ts').then((module) => module.adamL2VsAdamw),
  'clipping-accelerates': () =>
    import('./clipping-accelerates.ts').then((module) => module.clippingAccelerates),
  prechelt: () => import('./prechelt.ts').then((module) => module.precheltReproduction),
  'l1-corner': () => import('./l1-corner.ts').then((module) => module.l1Corner),
};
