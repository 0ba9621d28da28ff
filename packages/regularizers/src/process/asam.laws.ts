import { drawn, type Law, law } from '@tikhonov/check';
import { abs, mul, sum, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { sam } from '@tikhonov/optim';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { type Gradients, gradientsOf, lengthOf, like, same } from '../laws/named-gradients.ts';
import { optimizerLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { asamMethod } from './asam.ts';
import { samPerturbation } from './sam.ts';

interface Point {
  readonly params: Gradients;
  readonly grads: Gradients;
  readonly rho: number;
  readonly eta: number;
}

const point = (draw: CaseDraw): Point => {
  const params = { ...gradientsOf(draw), last: draw.tensor([2], { avoid: [0] }) };
  const grads = { ...like(draw, params), last: draw.tensor([2], { avoid: [0] }) };
  return { params, grads, rho: real(draw, 0.01, 2), eta: real(draw, 0.01, 1) };
};

const mapped = (given: Gradients, f: (x: Tensor, name: string) => Tensor): Gradients =>
  Object.fromEntries(Object.entries(given).map(([name, x]) => [name, f(x, name)]));

const inner = (a: Gradients, b: Gradients): number =>
  Object.keys(a).reduce((total, name) => total + sum(mul(a[name]!, b[name]!)).item(), 0);

/** What its adaptive form promises. */
export const asamLaws: readonly Law[] = [
  law({
    id: 'asam/perturbation',
    statement:
      'The perturbation is rho T^2 g / ||T g|| with T = |w| + eta: rho long relative to T, over all parameters together.',
    cases: drawn(point),
    slack: ({ params, grads, rho, eta }) => {
      const away = samPerturbation(params, grads, { rho, eta, adaptive: true });
      const size = mapped(params, (w) => abs(w).add(eta));
      const n = lengthOf(mapped(grads, (g, name) => g.mul(size[name]!)));
      const want = mapped(grads, (g, name) =>
        g
          .mul(size[name]!)
          .mul(size[name]!)
          .mul(rho / n),
      );
      return Math.min(
        same(away, want, (e, x) => near(e, x, 1e-13)),
        near(lengthOf(mapped(away, (e, name) => e.div(size[name]!))), rho, 1e-12),
      );
    },
  }),
  law({
    id: 'asam/steepest',
    statement:
      'No other perturbation of that relative length raises the linearized loss <g, e> more.',
    cases: drawn((draw) => {
      const given = point(draw);
      return { ...given, other: like(draw, given.params) };
    }),
    slack: ({ params, grads, rho, eta, other }) => {
      const away = samPerturbation(params, grads, { rho, eta, adaptive: true });
      const n = lengthOf(mapped(other, (d, name) => d.div(abs(params[name]!).add(eta))));
      // Squares of what is smaller are lost.
      if (n < 1e-100) return 1;
      return atMost((rho / n) * inner(grads, other), inner(grads, away), 1e-12);
    },
  }),
  law({
    id: 'asam/ignores-scale',
    statement:
      'With eta = 0, measuring each weight in another unit changes nothing: for L(w / s) at s w the perturbation is s times as large, and it rises as much.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        w: draw.tensor([n], { avoid: [0] }),
        g: draw.tensor([n], { avoid: [0] }),
        s: draw.tensor([n], { min: 0.1, max: 10 }),
        rho: real(draw, 0.01, 2),
      };
    }),
    slack: ({ w, g, s, rho }) => {
      const options = { rho, eta: 0, adaptive: true };
      const plain = samPerturbation({ w }, { w: g }, options);
      const scaled = samPerturbation({ w: w.mul(s) }, { w: g.div(s) }, options);
      return near(scaled.w!, plain.w!.mul(s), 1e-13);
    },
  }),
  law({
    id: 'asam/spared',
    statement:
      'Parameters that are not measured by their magnitudes count as in SAM: if none is, it is SAM.',
    cases: drawn(point),
    slack: ({ params, grads, rho, eta }) => {
      const none = samPerturbation(params, grads, {
        rho,
        eta,
        adaptive: true,
        relative: () => false,
      });
      const relative = (name: string): boolean => name !== 'last';
      const some = samPerturbation(params, grads, { rho, eta, adaptive: true, relative });
      const T = mapped(params, (w, name) => (relative(name) ? abs(w).add(eta) : w.mul(0).add(1)));
      return Math.min(
        same(none, samPerturbation(params, grads, { rho }), exactly),
        near(lengthOf(mapped(some, (e, name) => e.div(T[name]!))), rho, 1e-12),
      );
    },
  }),
  law({
    id: 'asam/no-gradient',
    statement: 'Where the gradient is 0 nothing is perturbed, and a weight of 0 not without eta.',
    cases: drawn(point),
    slack: ({ params, grads, rho }) => {
      const nothing = mapped(grads, (g) => g.mul(0));
      const options = { rho, adaptive: true };
      const still = samPerturbation(params, nothing, options);
      const zero = { ...params, w0: params.w0!.mul(0) };
      const { w0 } = samPerturbation(zero, grads, { ...options, eta: 0 });
      return Math.min(same(still, nothing, exactly), exactly(w0!, zero.w0));
    },
  }),
  law({
    id: 'asam/defaults',
    statement: 'Left out, rho is 0.5 and eta 0.01, as in the paper; the recipe takes a rho of 2.',
    cases: drawn(point),
    slack: ({ params, grads }) =>
      Math.min(
        same(
          samPerturbation(params, grads, { adaptive: true }),
          samPerturbation(params, grads, { adaptive: true, rho: 0.5, eta: 0.01 }),
          exactly,
        ),
        recipeTakes(asamMethod, { rho: 2, eta: 0.01 }),
      ),
    effort: 0.3,
  }),
  optimizerLaw(asamMethod, (optimizer, { rho, eta }) =>
    sam(optimizer, { rho: rho!, eta: eta!, adaptive: true, relative: (_name, w) => w.rank >= 2 }),
  ),
];
