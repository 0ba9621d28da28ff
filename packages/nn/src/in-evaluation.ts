import type { Module } from './module.ts';
import type { LayerLike } from './sequential.ts';

/** A layer that is there for training: in evaluation plain ones compute the same. */
export interface EvaluationForm {
  /**
   * What computes the same in evaluation, of layers that share the parameters or hold a copy of what they are now;
   * `null` if there is nothing of the kind. Exporters write it in the place of the layer.
   */
  inEvaluation(): LayerLike | null;
  /** Where there is nothing of the kind: why, and which layer or setting has one. */
  withoutForm?(): MissingForm;
}

/** Both as sentences. */
export interface MissingForm {
  readonly why: string;
  readonly instead: string;
}

/**
 * The evaluation form that the class of a layer itself has: a class that extends another one may compute something
 * else. `null` without one.
 */
export function evaluationFormOf(layer: Module): LayerLike | null {
  const own: object = Object.getPrototypeOf(layer);
  return Object.hasOwn(own, 'inEvaluation') && hasForm(layer) ? layer.inEvaluation() : null;
}

/** What a layer of the class itself says where it has no evaluation form, for errors. `null` if nothing. */
export function missingFormOf(layer: Module): MissingForm | null {
  const own: object = Object.getPrototypeOf(layer);
  return Object.hasOwn(own, 'inEvaluation') && hasForm(layer)
    ? (layer.withoutForm?.() ?? null)
    : null;
}

const hasForm = (layer: object): layer is EvaluationForm =>
  'inEvaluation' in layer && typeof layer.inEvaluation === 'function';
