import type { BatchLogs } from '../callback.ts';
import type { EpochRecord } from '../history.ts';

/** Where a training is, for people to read. */
export class Progress {
  readonly epochs: number;
  /** Steps of an epoch, as soon as they are known. */
  #steps: number | null;
  #done = 0;
  /** The sums of the epoch that is, or was last, under way. */
  #epoch = 0;
  #rows = 0;
  #loss = 0;
  /** What the last evaluation gave. */
  #evaluations = '';
  /** How far it was when the clock was started. */
  #from: { readonly done: number; readonly time: number } | null = null;

  constructor(epochs: number, stepsPerEpoch: number | null) {
    this.epochs = epochs;
    this.#steps = stepsPerEpoch;
  }

  /** Epochs that are done, with fractions; without them as long as nobody knows how long an epoch is. */
  get done(): number {
    return this.#done;
  }

  step({ epoch, batch, size, dataLoss, penalty }: BatchLogs): void {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#rows = 0;
      this.#loss = 0;
    }
    this.#rows += size;
    this.#loss += size * (dataLoss + penalty);
    this.#at(epoch - 1 + (this.#steps === null ? 0 : Math.min(1, batch / this.#steps)));
  }

  epoch(record: EpochRecord, steps: number): void {
    this.#steps ??= steps;
    this.#evaluations = evaluationsOf(record);
    this.#at(record.epoch);
  }

  /** The mean loss of the epoch's rows so far, and the last evaluation. */
  status(): string {
    const loss = this.#rows === 0 ? '' : `loss ${(this.#loss / this.#rows).toFixed(4)}`;
    return [loss, this.#evaluations].filter((text) => text !== '').join('  ');
  }

  /** The time that is left at the pace so far, such as `1:02:03`; `?` if nothing can be said yet. */
  left(): string {
    const from = this.#from;
    if (from === null || this.#done <= from.done) return '?';
    const pace = (performance.now() - from.time) / (this.#done - from.done);
    return clock((pace * (this.epochs - this.#done)) / 1000);
  }

  /** The clock starts behind the first step, which takes longer: it is compiled. */
  #at(done: number): void {
    this.#done = done;
    this.#from ??= { done, time: performance.now() };
  }
}

/** Seconds as `m:ss` or `h:mm:ss`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const pad = (n: number): string => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

const evaluationsOf = ({ evaluations }: EpochRecord): string =>
  Object.entries(evaluations)
    .flatMap(([set, values]) =>
      Object.entries(values).map(([name, value]) => `${set}.${name} ${value.toFixed(4)}`),
    )
    .join('  ');

/** Loss and evaluations of an epoch that is done. */
export const summary = (record: EpochRecord): string =>
  [`loss ${(record.dataLoss + record.penalty).toFixed(4)}`, evaluationsOf(record)]
    .filter((text) => text !== '')
    .join('  ');
