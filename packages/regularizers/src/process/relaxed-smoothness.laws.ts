import { drawn, type Law, law } from '@tikhonov/check';
import { add, exp, grad, linalg, matmul, mul, square, sum, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { real } from '../laws/draws.ts';
import { atMost, holds, near } from '../laws/slack.ts';
import { curvature, gradientChangeBound, relaxedSmoothness } from './relaxed-smoothness.ts';

interface Pair {
  /** `[n]`, with a direction other than 0. */
  readonly u: Tensor;
  readonly w: Tensor;
  readonly d: Tensor;
  readonly a: number;
}

const pair = (draw: CaseDraw): Pair => {
  const n = draw.integer(1, 4);
  return {
    u: draw.tensor([n], { min: -1, max: 1, avoid: [0] }),
    w: draw.tensor([n], { min: -1, max: 1 }),
    d: draw.tensor([n], { min: -1, max: 1 }),
    a: real(draw, 0.2, 2),
  };
};

const length = (x: Tensor): number => Math.hypot(...x.data());
const dot = (u: Tensor, w: Tensor): Tensor => sum(mul(u, w));

/** `a (e^<u, w> + share e^-<u, w>)`: (0, |u|)-smooth for share 0, (2 a |u|^2, |u|)-smooth for 1. */
const cosh =
  ({ u, a }: Pair, share: 0 | 1) =>
  (w: Tensor): Tensor =>
    add(exp(dot(u, w)), mul(exp(dot(u, w).neg()), share)).mul(a);

const changeOf = (loss: (w: Tensor) => Tensor, { w, d }: Pair): number =>
  length(grad(loss)(w.add(d)).sub(grad(loss)(w)));

/** What is true of (L0, L1)-smoothness, the assumption under which clipping is provably faster. */
export const relaxedSmoothnessLaws: readonly Law[] = [
  law({
    id: 'gradient-clipping/smooth-in-the-relaxed-sense',
    statement:
      '||H|| <= L0 + L1 ||g|| for a (e^uw + e^-uw) with L0 = 2 a |u|^2, L1 = |u|, and with equality for a e^uw with L0 = 0: neither has a bounded Hessian.',
    cases: drawn(pair),
    slack: (example) => {
      const { u, w, a } = example;
      const of = (share: 0 | 1) => curvature(cosh(example, share), w, { nPowerIterations: 3 });
      const [one, both] = [of(0), of(1)];
      const k = length(u);
      return Math.min(
        near(one.hessianNorm, k * one.gradientNorm.item(), 1e-12),
        atMost(both.hessianNorm, 2 * a * k * k + k * both.gradientNorm.item()),
      );
    },
  }),
  law({
    id: 'gradient-clipping/change-of-the-gradient',
    statement:
      '||g(x + d) - g(x)|| <= (L0 + L1 ||g||) (e^c - 1) / c ||d|| with c = L1 ||d||, at most the published A L0 + B L1 ||g|| with A = 1 + e^c - (e^c - 1) / c.',
    cases: drawn(pair),
    slack: (example) => {
      const { u, w, d, a } = example;
      const l1 = length(u);
      const slacks = ([0, 1] as const).map((share) => {
        const loss = cosh(example, share);
        const l0 = share * 2 * a * l1 * l1;
        const gradientNorm = length(grad(loss)(w));
        const distance = length(d);
        const bound = gradientChangeBound({ l0, l1, gradientNorm, distance });
        const c = l1 * distance;
        const factor = c === 0 ? 1 : (Math.exp(c) - 1) / c;
        const published = ((1 + Math.exp(c) - factor) * l0 + factor * l1 * gradientNorm) * distance;
        const rounding = 1e-14 * (1 + gradientNorm);
        return Math.min(
          atMost(changeOf(loss, example), bound + rounding),
          atMost(bound, published + rounding, 1e-11),
        );
      });
      return Math.min(...slacks);
    },
  }),
  law({
    id: 'gradient-clipping/change-is-reached',
    statement:
      'Nothing smaller will do: where f" = L0 + L1 f\' the bound on the change of the gradient is an equality.',
    cases: drawn((draw) => ({
      x: real(draw, -1, 1),
      d: real(draw, 0.01, 2),
      l1: real(draw, 0.2, 2),
      start: real(draw, 0, 2),
      l0: real(draw, 0, 2),
    })),
    slack: ({ x, d, l1, start, l0 }) => {
      // f' = s e^(L1 w) - L0 / L1, so that f'' = L1 s e^(L1 w) = L0 + L1 f'; and f' >= 0 from x on.
      const s = (start + l0 / l1) * Math.exp(-l1 * x);
      const slope = (w: number): number => s * Math.exp(l1 * w) - l0 / l1;
      const bound = gradientChangeBound({ l0, l1, gradientNorm: start, distance: d });
      return near(bound, slope(x + d) - slope(x), 1e-11);
    },
  }),
  law({
    id: 'gradient-clipping/printed-form-is-false',
    statement:
      "Without that factor, as the survey prints it, the inequality fails for e^x at every distance: the change is larger than L1 ||g|| ||d|| with e^x's L1 = 1.",
    cases: drawn((draw) => ({ x: draw.tensor([], { min: -3, max: 3 }), d: real(draw, 1e-3, 3) })),
    slack: ({ x, d }) => {
      const slope = grad((w: Tensor): Tensor => exp(w));
      const change = slope(x.add(d)).item() - slope(x).item();
      const { gradientNorm, hessianNorm } = curvature((w: Tensor) => exp(w), x);
      // The excess is d^2 / 2 of it at least.
      return Math.min(
        near(hessianNorm, gradientNorm, 1e-14),
        holds(change > gradientNorm.item() * d * (1 + d / 2.01)),
      );
    },
  }),
  law({
    id: 'gradient-clipping/norm-of-the-hessian',
    statement:
      "On a quadratic the estimated norm of the Hessian never exceeds the matrix's largest singular value, and reaches it for one direction.",
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return { a: draw.tensor([n, n]), w: draw.tensor([n]), u: draw.tensor([n], { avoid: [0] }) };
    }),
    slack: ({ a, w, u }) => {
      const h = a.add(a.transpose());
      const quadratic = (x: Tensor): Tensor => dot(x, matmul(h, x)).mul(0.5);
      const one = (x: Tensor): Tensor => square(dot(u, x)).mul(0.5);
      return Math.min(
        atMost(curvature(quadratic, w).hessianNorm, linalg.spectralNorm(h).add(1e-12)),
        near(curvature(one, w, { nPowerIterations: 2 }).hessianNorm, length(u) ** 2, 1e-12),
        near(curvature(quadratic, w).gradientNorm, length(matmul(h, w)), 1e-12),
      );
    },
  }),
  law({
    id: 'gradient-clipping/line-above-the-points',
    statement:
      'The line of the relaxed smoothness lies above all points and touches one, and no other such line through two of them has a smaller total distance.',
    cases: drawn((draw) => ({
      points: Array.from({ length: draw.integer(1, 6) }, () => ({
        gradientNorm: draw.integer(0, 8) / 4,
        hessianNorm: draw.integer(0, 8) / 4,
      })),
    })),
    slack: ({ points }) => {
      const { l0, l1 } = relaxedSmoothness(points);
      const over = (a: number, b: number): number[] =>
        points.map(({ gradientNorm, hessianNorm }) => a + b * gradientNorm - hessianNorm);
      const total = (a: number, b: number): number => over(a, b).reduce((sum, x) => sum + x, 0);
      const slopes = points.flatMap((p) => [
        0,
        ...(p.gradientNorm > 0 ? [p.hessianNorm / p.gradientNorm] : []),
        ...points
          .filter((q) => q.gradientNorm > p.gradientNorm)
          .map((q) => (q.hessianNorm - p.hessianNorm) / (q.gradientNorm - p.gradientNorm)),
      ]);
      const others = slopes
        .filter((b) => b >= 0)
        .map((b) => total(Math.max(0, ...over(0, b).map((x) => -x)), b));
      return Math.min(
        holds(l0 >= 0 && l1 >= 0),
        ...over(l0, l1).map((x) => holds(x >= -1e-12)),
        holds(Math.min(l0, ...over(l0, l1)) <= 1e-12),
        ...others.map((other) => holds(total(l0, l1) <= other + 1e-12)),
      );
    },
  }),
];
