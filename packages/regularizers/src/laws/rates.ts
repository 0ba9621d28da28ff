import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, grad, random, square, sum, type Tensor, tensor, where } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { ForwardContext, Strength } from '@tikhonov/nn';
import { real } from './draws.ts';
import { exactly, holds, near, valuesOf } from './slack.ts';

/** A function of `x` with a rate. */
export type Rated = (x: Tensor, rate: Strength, context: ForwardContext) => Tensor;

/** What a method does with a rate. */
export interface RatedForms {
  /** The function in each of its forms. */
  readonly forms: readonly Rated[];
  readonly input: (draw: CaseDraw) => Tensor;
  /** The largest rate; 1 is tried by itself. @defaultValue 1 */
  readonly max?: number;
}

const same = (got: Tensor, want: Tensor): number => {
  const [a, b] = [valuesOf(got), valuesOf(want)];
  return holds(
    Array.from(a).every((x, i) => x === b[i] || (Number.isNaN(x) && Number.isNaN(b[i]))),
  );
};

/** The law that a rate may be a number, a tensor or a cell, of either precision. */
export const rateLaw = (id: string, { forms, input, max = 1 }: RatedForms): Law =>
  law({
    id: `${id}/rate`,
    statement:
      'A rate in a tensor or a cell, of either precision, does what it does as a number; where it is certain, exactly, and also of NaN. No gradient reaches it.',
    cases: drawn((draw) => {
      const x = input(draw);
      const p = draw.pick(max === 1 ? [0, 1, real(draw, 0.1, 0.9)] : [0, real(draw, 0.1, max)]);
      return {
        x,
        bad: draw.booleans(x.shape),
        rate: tensor(p, { dtype: draw.pick(['float32', 'float64'] as const) }),
        held: draw.pick([true, false]),
        form: draw.integer(0, forms.length - 1),
        training: draw.pick([true, false]),
        seed: draw.integer(0, 1000),
      };
    }),
    slack: ({ x, bad, rate, held, form, training, seed }) => {
      const context = { training, rng: random.key(seed) };
      const apply = (z: Tensor, p: Strength): Tensor => forms[form]!(z, p, context);
      const p = rate.item();
      const certain = p === 0 || p === 1;
      const z = certain ? where(bad, Number.NaN, x) : x;
      const [got, want] = [apply(z, held ? new Cell(rate) : rate), apply(z, p)];
      const slope = grad((r: Tensor) => sum(square(apply(x, r))))(rate);
      return Math.min(certain ? same(got, want) : near(got, want, 1e-13), exactly(slope, 0));
    },
    effort: 0.5,
  });

/** The law that noise which is given is a constant. */
export const constantNoiseLaw = (
  id: string,
  draw: (draw: CaseDraw) => { readonly noise: Tensor; readonly apply: (noise: Tensor) => Tensor },
): Law =>
  law({
    id: `${id}/constant-noise`,
    statement: 'No gradient reaches noise that is given.',
    cases: drawn(draw),
    slack: ({ noise, apply }) =>
      exactly(grad((e: Tensor) => sum(square(apply(e))))(noise), noise.mul(0)),
    show: ({ noise }) => String(noise),
    effort: 0.3,
  });
