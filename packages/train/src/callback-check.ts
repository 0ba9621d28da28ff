import type { Callback } from './callback.ts';
import { kindOf } from './kinds.ts';

/** What a callback may have. */
const hooks: readonly (keyof Callback)[] = [
  'onTrainBegin',
  'onEpochBegin',
  'onBatchEnd',
  'onEpochEnd',
  'onLateEvaluation',
  'onNonFinite',
  'onTrainEnd',
  'stateDict',
  'loadStateDict',
];

/**
 * Refuses what would never be called: a callback that was not made, a misspelt method. Other properties are
 * the user's.
 *
 * @throws TypeError for what is no callback, or has a method that looks like one of its and is not
 */
export function requireCallback(name: string, callback: unknown): asserts callback is Callback {
  if (typeof callback !== 'object' || callback === null || Array.isArray(callback)) {
    const hint =
      typeof callback === 'function'
        ? 'Call what makes it: train.earlyStopping().'
        : 'For example { onEpochEnd(epoch, record, control) { ... } }.';
    throw new TypeError(`${name} must be a callback, got ${kindOf(callback)}.\n  ${hint}`);
  }
  let count = 0;
  for (const hook of hooks) {
    const method: unknown = Reflect.get(callback, hook);
    if (method === undefined) continue;
    if (typeof method !== 'function') {
      throw new TypeError(`${name}.${hook} must be a function, got ${kindOf(method)}.`);
    }
    count += 1;
  }
  for (const method of methodsOf(callback)) {
    if (!/^on[A-Z_]/.test(method) || hooks.some((hook) => hook === method)) continue;
    throw new TypeError(
      `${name} has a method ${method}, which nothing calls. Did you mean ${nearest(method)}?\n  There are ${hooks.join(', ')}.`,
    );
  }
  if (count > 0) return;
  throw new TypeError(
    `${name} has none of the methods of a callback.\n  There are ${hooks.join(', ')}.`,
  );
}

/** Names of functions, inherited ones too; getters are not called. */
function methodsOf(callback: object): readonly string[] {
  const names: string[] = [];
  let holder: object | null = callback;
  while (holder !== null && holder !== Object.prototype) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (typeof value === 'function') names.push(name);
    }
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return names;
}

function nearest(method: string): string {
  const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();
  const away = (hook: string): number => distance(plain(hook), plain(method));
  return hooks.toSorted((a, b) => away(a) - away(b))[0]!;
}

/** Letters to insert, leave out or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
