import type { Control } from '../callback.ts';
import type { Model } from '../model.ts';
import type { PlainData } from '../persistence/plain-data.ts';
import { restoreSnapshot, type Snapshot, takeSnapshot } from '../snapshot.ts';

/** The values of a model's cells after an epoch. */
type Kept = { readonly epoch: number; readonly values: Snapshot };

/** The weights that a callback puts back in the end. */
export class BestWeights {
  readonly #model: Model;
  #kept: Kept | null = null;

  constructor(model: Model) {
    this.#model = model;
  }

  get isEmpty(): boolean {
    return this.#kept === null;
  }

  /** Keeps the present values; tensors never change, so nothing is copied. */
  keep(epoch: number): void {
    this.#kept = { epoch, values: takeSnapshot(this.#model) };
  }

  /** Puts back what was kept last, if anything was. */
  restore(control: Control): void {
    if (this.#kept === null) return;
    restoreSnapshot(this.#model, this.#kept.values);
    control.markRestored(this.#kept.epoch);
  }

  stateDict(): PlainData {
    return this.#kept === null ? null : { ...this.#kept };
  }

  loadStateDict(state: PlainData): void {
    this.#kept = (state as Kept | null | undefined) ?? null;
  }
}
