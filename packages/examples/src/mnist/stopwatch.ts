import type { train } from 'tikhonov';

/** Seconds of an epoch. */
export interface Times {
  /** Of its steps, batches included, by the clock. */
  readonly steps: number;
  /** The same on the processor: what other programs take is not in it. */
  readonly processor: number;
  /** Of the evaluation after them. */
  readonly evaluation: number;
}

/** Measures every epoch and passes the times on. Callbacks are plain objects with the methods they need. */
export function stopwatch(
  onEpoch: (record: train.EpochRecord, times: Times) => void,
): train.Callback {
  let stepsPerEpoch: number | null = null;
  let begun = now();
  let stepped = begun;
  return {
    onTrainBegin(context) {
      stepsPerEpoch = context.stepsPerEpoch;
    },
    onEpochBegin() {
      begun = now();
    },
    onBatchEnd(_step, { batch }) {
      if (batch === stepsPerEpoch) stepped = now();
    },
    onEpochEnd(_epoch, record) {
      onEpoch(record, {
        steps: stepped.clock - begun.clock,
        processor: stepped.processor - begun.processor,
        evaluation: now().clock - stepped.clock,
      });
    },
  };
}

function now(): { readonly clock: number; readonly processor: number } {
  const { user, system } = process.cpuUsage();
  return { clock: performance.now() / 1e3, processor: (user + system) / 1e6 };
}
