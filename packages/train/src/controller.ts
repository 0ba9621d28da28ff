import type { Callback, Control } from './callback.ts';
import { unlessAborted } from './unless-aborted.ts';

/** What callbacks have said during one training. */
export class Controller implements Control {
  stopReason: string | null = null;
  bestEpoch: number | null = null;
  restoredEpoch: number | null = null;
  weightsReplaced = false;

  stop(reason: string): void {
    this.stopReason ??= reason;
  }

  markBest(epoch: number): void {
    this.bestEpoch = epoch;
  }

  markRestored(epoch: number): void {
    this.restoredEpoch = epoch;
    this.weightsReplaced = false;
    // Of several callbacks with a best epoch each, that whose weights are held is the one to name.
    if (this.bestEpoch !== null) this.bestEpoch = epoch;
  }

  markReplaced(): void {
    this.restoredEpoch = null;
    this.weightsReplaced = true;
  }
}

/** How long a callback may take, in ms, to finish what it does when the signal aborts. */
const grace = 1000;

/**
 * Calls one method of every callback in order, waiting for each that returns a promise. Without one it is
 * done when it returns: a step of some microseconds must not wait for the event loop.
 */
export function notify(
  callbacks: readonly Callback[],
  signal: AbortSignal | undefined,
  call: (callback: Callback) => void | Promise<void> | undefined,
): Promise<void> | undefined {
  for (let i = 0; i < callbacks.length; i++) {
    const pending = call(callbacks[i]!);
    if (pending === undefined) continue;
    return unlessAborted(pending, signal, grace).then(() =>
      notify(callbacks.slice(i + 1), signal, call),
    );
  }
  return undefined;
}

/** As `notify`, but a callback that throws does not keep the others from their turn; returns why. */
export async function notifyAll(
  callbacks: readonly Callback[],
  signal: AbortSignal | undefined,
  call: (callback: Callback) => void | Promise<void> | undefined,
): Promise<readonly unknown[]> {
  const errors: unknown[] = [];
  for (const callback of callbacks) {
    try {
      const pending = call(callback);
      if (pending !== undefined) await unlessAborted(pending, signal, grace);
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}

/** Hands over to timers, signals and pages when the last time was more than this many ms ago. */
const longestWithoutYield = 50;

/** A function that lets the event loop turn, now and then. */
export function yielder(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < longestWithoutYield) return undefined;
    return new Promise((resolve) => {
      setTimeout(() => {
        last = performance.now();
        resolve();
      });
    });
  };
}
