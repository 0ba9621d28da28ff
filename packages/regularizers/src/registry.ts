import type { Method, TrainingPlan } from './method.ts';
import { elasticNetMethod } from './objective/elastic-net.ts';
import { l1Method } from './objective/l1.ts';
import { l2Method } from './objective/l2.ts';
import { spectralNormMethod } from './objective/spectral-norm.ts';
import { earlyStoppingMethod } from './process/early-stopping.ts';
import { gradientClippingMethod } from './process/gradient-clipping.ts';
import { labelSmoothingMethod } from './process/label-smoothing.ts';
import { weightDecayMethod } from './process/weight-decay.ts';
import { dropoutMethod } from './structure/dropout.ts';

/** All methods of the catalogue, by family. The command line, the docs and the playground read it. */
export const methods: readonly Method[] = [
  l2Method,
  l1Method,
  elasticNetMethod,
  spectralNormMethod,
  dropoutMethod,
  weightDecayMethod,
  labelSmoothingMethod,
  gradientClippingMethod,
  earlyStoppingMethod,
];

/** No regularization at all: what recipes start from and comparisons are made with. */
export const plainPlan: TrainingPlan = {
  mlp: {},
  loss: {},
  penalties: [],
  gradients: [],
  weightDecay: 0,
  callbacks: [],
  validationFraction: 0,
};

/**
 * The method with the given id.
 *
 * @throws RangeError if there is none, with the nearest ids
 * @example
 * ```ts
 * reg.findMethod('l2').title; // => 'L2 regularization (ridge)'
 * ```
 */
export function findMethod(id: string): Method {
  const found = methods.find((method) => method.id === id);
  if (found !== undefined) return found;
  const ids = methods.map((method) => method.id);
  const near = ids.filter((known) => editDistance(id, known) <= Math.max(2, known.length / 3));
  throw new RangeError(
    `There is no method "${id}".\n` +
      (near.length > 0
        ? `  Did you mean ${near.join(' or ')}? All methods: ${ids.join(', ')}.`
        : `  Choose one of ${ids.join(', ')}.`),
  );
}

/** How many letters must be inserted, deleted or replaced (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
