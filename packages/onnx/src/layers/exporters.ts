import { byClass, type Exporters, type OnnxLayer } from '../registry.ts';
import { activationLayers } from './activations.ts';
import { adaptivePools } from './adaptive-pools.ts';
import { attentionLayers } from './attention.ts';
import { basicLayers } from './basic.ts';
import { containers } from './containers.ts';
import { convolutions } from './convolutions.ts';
import { normLayers } from './norms.ts';
import { pools } from './pools.ts';
import { recurrentLayers } from './recurrent.ts';

/** The exporters of `nn` by class, and those given, which win. */
export const exportersWith = (given: readonly OnnxLayer[]): Exporters =>
  byClass([
    ...basicLayers(),
    ...activationLayers(),
    ...containers(),
    ...convolutions(),
    ...pools(),
    ...adaptivePools(),
    ...normLayers(),
    ...recurrentLayers(),
    ...attentionLayers(),
    ...given,
  ]);
