import { drawn, type Law, law } from '@tikhonov/check';
import { tensor } from '@tikhonov/core';
import type { Argument, Method, TrainingPlan } from '../method.ts';
import { plainPlan } from '../registry.ts';
import { otherArguments } from './other-arguments.ts';
import { holds } from './slack.ts';
import { thrown } from './thrown.ts';

const never = (): never => {
  throw new Error('a part that is only looked for');
};

/** The parts of a plan that are lists, each with one entry. */
const lists = (): Readonly<Record<string, readonly (() => never)[]>> =>
  Object.fromEntries(
    Object.entries(plainPlan).flatMap(([name, part]) =>
      Array.isArray(part) ? [[name, [never]]] : [],
    ),
  );

/** A plan with something in every place, none of which a method may take out. */
const full = (): TrainingPlan => ({
  ...plainPlan,
  ...lists(),
  network: { dtype: 'float64' },
  loss: { weight },
  weightDecay: 0.125,
  validationFraction: 0.125,
});

const weight = tensor([1, 2]);

/** Whether all that is still there, in front of what the recipe of a method added. */
function keeps(method: Method, got: TrainingPlan): boolean {
  const takes = (name: string): boolean => method.arguments.some((one) => one.name === name);
  return (
    // Of models alone some must come before others.
    Object.keys(lists()).every(
      (name) => Reflect.get(got, name)[0] === never || name === 'models',
    ) &&
    got.models.includes(never) &&
    got.network.dtype === 'float64' &&
    got.loss.weight === weight &&
    (takes('weightDecay') || got.weightDecay === 0.125) &&
    (takes('validationFraction') || got.validationFraction === 0.125)
  );
}

/** The law that the recipe of a method adds to a plan, and takes nothing out of it. */
export const planLaw = (method: Method): Law =>
  law({
    id: `${method.id}/plan`,
    statement: 'The recipe leaves all parts of a plan in it, and puts its own behind them.',
    cases: drawn((draw) => ({ given: otherArguments(draw, method) })),
    slack: ({ given }) => holds(keeps(method, method.recipe(full(), given))),
    effort: 0.05,
  });

/** Values on the bounds of an argument, beside them and between integers. */
const nearBounds = ({ min = 0, max = 1 }: Argument): readonly number[] => [
  min,
  min - 0.5,
  max,
  max + 0.5,
  Infinity,
  Number.NaN,
];

/** The law that a recipe takes nothing that is out of an argument's bounds. */
export const boundsLaw = (method: Method): Law[] =>
  method.arguments.length === 0
    ? []
    : [
        law({
          id: `${method.id}/bounds`,
          statement:
            'The recipe refuses values out of the bounds of its arguments, and arguments that it does not have.',
          cases: drawn((draw) => {
            const argument = draw.pick(method.arguments);
            return { name: argument.name, value: draw.pick(nearBounds(argument)) };
          }),
          slack: ({ name, value }) => {
            const argument = method.arguments.find((one) => one.name === name)!;
            const error = thrown(() => method.recipe(plainPlan, { [name]: value }));
            const other = thrown(() => method.recipe(plainPlan, { [`no ${name}`]: value }));
            const { min = -Infinity, max = Infinity, open = 'none', integer = false } = argument;
            const outside = !(
              value >= min &&
              value <= max &&
              Math.abs(value) < Infinity &&
              !(value === min && (open === 'min' || open === 'both')) &&
              !(value === max && (open === 'max' || open === 'both')) &&
              (!integer || value % 1 === 0)
            );
            return holds(other instanceof TypeError && (!outside || error instanceof RangeError));
          },
          effort: 0.1,
        }),
      ];
