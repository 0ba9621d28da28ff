import { type LayerLike, type PartKind, type Place, Sequential } from '@tikhonov/nn';
import type { PlanPart, PlanScope } from '../method.ts';

/** Makes the layer of a place. */
export type MakeLayer = (place: Place, scope: PlanScope) => LayerLike;

/** Puts a layer behind the activations that `where` takes. */
export const behindActivations =
  (make: MakeLayer, where: (place: Place) => boolean = isHiddenUnits): PlanPart =>
  (part, place, scope) =>
    place.kind === 'activation' && where(place) ? new Sequential(part, make(place, scope)) : part;

/**
 * Where noise of single units acts: behind activations of units, and, in residual networks, which have
 * none, within the blocks (as in wide residual networks, Zagoruyko & Komodakis 2016).
 */
export const isHiddenUnits = ({ spatial, inBlock }: Place): boolean =>
  spatial.length === 0 || inBlock;

/** Puts a layer behind the activations that are maps: in residual networks those behind the blocks. */
export const onMaps = (make: MakeLayer, where: (place: Place) => boolean = () => true): PlanPart =>
  behindActivations(make, (place) => place.spatial.length > 0 && !place.inBlock && where(place));

/** Replaces the parts of a kind: of linear layers and convolutions all but the output layer. */
export const insteadOf =
  (
    kind: PartKind,
    make: (part: LayerLike, place: Place, scope: PlanScope) => LayerLike,
  ): PlanPart =>
  (part, place, scope) =>
    place.kind === kind && !place.output ? make(part, place, scope) : part;
