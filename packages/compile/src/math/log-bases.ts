import { throughDouble } from './double.ts';
import type { Lanes } from './lanes.ts';
import { logOfParts, split, withEnds } from './log.ts';
import { logPair, times } from './log-pair.ts';

/**
 * `log2 x` or `log10 x`, from `1 / log(base)` and `log(2) / log(base)`, each in two parts of which
 * products with the first are exact.
 */
const inBase = (perLog: readonly [number, number], perTwo: readonly [number, number]) => {
  const plain = (x: Lanes): Lanes => {
    const { m, k } = split(x);
    const value = k.mul(perTwo[0] + perTwo[1]).add(logOfParts(m.sub(1)).mul(perLog[0] + perLog[1]));
    return withEnds(value, x, 0);
  };
  const exact = (x: Lanes): Lanes => {
    const { m, k } = split(x);
    const { high, low } = times(logPair(m.sub(1)), perLog);
    const whole = k.mul(perTwo[0]);
    const sum = whole.add(high);
    const rest = high.sub(sum.sub(whole)).add(low.add(k.mul(perTwo[1])));
    return withEnds(sum.add(rest), x, 0);
  };
  const single = throughDouble(plain);
  return (x: Lanes): Lanes => x.pick(single, exact)(x);
};

/** `log2 x`, exact at powers of 2. */
export const log2: (x: Lanes) => Lanes = /* @__PURE__ */ inBase(
  [1.4426950514316559, -1.0542692476429138e-8],
  [1, 0],
);

/** `log10 x`, exact at powers of 10. */
export const log10: (x: Lanes) => Lanes = /* @__PURE__ */ inBase(
  [0.4342944845557213, -2.6524694553078553e-9],
  [0.30102999566395283, 2.8363394551044964e-14],
);
