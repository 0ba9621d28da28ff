import { throughDouble } from '../../math/double.ts';
import { erf, erfc } from '../../math/erf.ts';
import { exp } from '../../math/exp.ts';
import type { Lanes } from '../../math/lanes.ts';
import { log, log1p } from '../../math/log.ts';

const a = 0.147;

/**
 * The inverse error function of float64 lanes: Winitzki's approximation, within 2e-3, and steps of
 * Halley's method, each of which cubes the error.
 */
function refined(x: Lanes, steps: number): Lanes {
  const size = x.abs().keep();
  const near = size.lt(0.5).keep();
  // Of the complement where that is exact: there erf has no digits left to tell values apart.
  const complement = size.from(1).keep();
  const w = near.choose(log1p(size.mul(size).neg()), log(complement.mul(size.add(1)))).keep();
  const t = w
    .mul(0.5)
    .add(2 / (Math.PI * a))
    .keep();
  const root = t.mul(t).sub(w.div(a)).sqrt().sub(t);
  const y = root.least(0).sqrt().keep();
  for (let step = 0; step < steps; step++) {
    const error = near.choose(erf(y).sub(size), complement.sub(erfc(y)));
    const u = error
      .mul(exp(y.mul(y)))
      .mul(Math.sqrt(Math.PI) / 2)
      .keep();
    x.into.assign(y, y.sub(u.div(u.mul(y).add(1))));
  }
  const inside = size.eq(0).choose(0, y);
  const reached = size.lt(1).choose(inside, size.eq(1).choose(Infinity, NaN));
  return reached.signed(x);
}

/** The inverse error function; infinite at -1 and 1, NaN beyond. */
export const erfinv = (x: Lanes): Lanes => {
  // One step takes 2e-3 to float32's last bits, but not below them.
  const steps = x.pick(2, 3);
  return throughDouble((z) => refined(z!.keep(), steps))(x);
};
