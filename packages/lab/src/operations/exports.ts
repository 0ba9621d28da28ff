import * as core from '@tikhonov/core';
import * as nn from '@tikhonov/nn';

/** Functions of a module, classes aside, by the names that users call them by. */
const functionsOf = (module: object, prefix: string): string[] =>
  Object.entries(module)
    .filter(([, value]) => typeof value === 'function' && !/^class\b/.test(String(value)))
    .map(([name]) => prefix + name);

/** The names of every function that core, its linear algebra and nn export; `random` draws from keys. */
export const exportedFunctions = (): string[] => [
  ...functionsOf(core, ''),
  ...functionsOf(core.linalg, 'linalg.'),
  ...functionsOf(nn, 'nn.'),
];

/** Layers, which are checked by their functional forms or by themselves. */
export const exportedLayers = (): string[] =>
  Object.entries(nn)
    .filter(([, value]) => typeof value === 'function' && /^class\b/.test(String(value)))
    .map(([name]) => `nn.${name}`);
