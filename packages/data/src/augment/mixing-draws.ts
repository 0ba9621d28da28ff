import { type DType, greater, random, type Tensor, tensor, where } from '@tikhonov/core';
import { type AugmentStrength, drawnOr, strengthOf } from './given.ts';

/** What the share is drawn with, or the share itself. */
export interface ShareDraw {
  readonly alpha: AugmentStrength;
  readonly lambda: AugmentStrength | undefined;
  readonly key: Tensor | undefined;
}

/** The share of a row's own input, `[]`: given, or a draw of Beta(alpha, alpha); 1 for alpha 0. */
export function shareOf(name: string, { alpha, lambda, key }: ShareDraw, dtype: DType): Tensor {
  const constant = (value: number): Tensor => tensor(value, { dtype });
  if (lambda !== undefined) {
    const share = strengthOf(name, 'lambda', lambda, dtype, { max: 1 });
    return typeof share === 'number' ? constant(share) : share;
  }
  const a = strengthOf(name, 'alpha', alpha, dtype);
  if (a === 0) return constant(1);
  const draw = (from: Tensor): Tensor => {
    const own = random.foldIn(from, 'lambda');
    if (typeof a === 'number') return random.beta(own, a, a, [], { dtype });
    const isOn = greater(a, 0);
    const safe = where(isOn, a, 1);
    return where(isOn, random.beta(own, safe, safe, [], { dtype }), 1);
  };
  return drawnOr(name, 'lambda', { key, given: undefined }, { shape: [], dtype }, draw);
}

/** The row that each of `n` is mixed with: given, or a random order. */
export function partnersOf(
  name: string,
  {
    key,
    permutation,
  }: { readonly key: Tensor | undefined; readonly permutation: Tensor | undefined },
  n: number,
): Tensor {
  const given = { key, given: permutation };
  return drawnOr(name, 'permutation', given, { shape: [n], dtype: 'int32' }, (from) =>
    random.permutation(random.foldIn(from, 'permutation'), n),
  );
}
