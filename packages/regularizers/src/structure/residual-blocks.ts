import { type LayerLike, type Place, Residual, Sequential } from '@tikhonov/nn';
import type { PlanPart, PlanScope } from '../method.ts';

/** Makes of a residual block what is to stand in its place. */
export type MakeBlock = (block: Residual, place: Place, scope: PlanScope) => LayerLike;

/**
 * Replaces the residual blocks of a network.
 *
 * @throws TypeError if another method has made something else of a block
 */
export const insteadOfBlocks =
  (id: string, make: MakeBlock): PlanPart =>
  (part, place, scope) => {
    if (place.kind !== 'block') return part;
    const change = (layer: LayerLike): LayerLike => {
      if (layer instanceof Residual) return make(layer, place, scope);
      // What stands behind a block stays there.
      if (layer instanceof Sequential && layer.length > 0) {
        const [first, ...rest] = layer.layers;
        return new Sequential(change(first!), ...rest);
      }
      throw new TypeError(
        `${id}: block ${place.index} is no Residual any more: another method has replaced it.\n  Apply the recipe of ${id} before that of the other one, or only one of them.`,
      );
    };
    return change(part);
  };

/** The same block with another branch. */
export const withBody = ({ projection }: Residual, body: LayerLike): Residual =>
  new Residual(body, projection === null ? {} : { projection });
