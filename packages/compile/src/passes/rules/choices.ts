import { whereP } from '@tikhonov/core/engine';
import type { Value } from '../../graph/graph.ts';
import { mapNames } from '../../graph/names.ts';
import type { NamedRule, Rule, Simplifier } from '../simplifier.ts';

/** The numbers between which an operand is a choice, and by which condition; of a number, by none. */
interface Choice {
  readonly by: Value | null;
  readonly yes: number;
  readonly no: number;
}

function choiceOf(value: Value, graph: Simplifier): Choice | null {
  const [by, x, y] = graph.by('where', value)?.inputs ?? [];
  if (by === undefined) {
    const number = graph.splat(value);
    return number === undefined ? null : { by: null, yes: number, no: number };
  }
  const [yes, no] = [graph.splat(x!), graph.splat(y!)];
  return yes === undefined || no === undefined ? null : { by, yes, no };
}

/** A map of choices between numbers, all by one condition, is a choice between its values. */
const choose: Rule = ({ primitive, inputs, attrs }, graph) => {
  let condition: Value | null = null;
  const choices: Choice[] = [];
  for (const input of inputs) {
    const choice = choiceOf(input, graph);
    if (choice === null) return null;
    if (choice.by !== null && condition !== null && choice.by !== condition) return null;
    condition ??= choice.by;
    choices.push(choice);
  }
  if (condition === null) return null;
  const at = (side: 'yes' | 'no'): Value =>
    graph.again(
      primitive,
      choices.map((choice, i) => graph.number(choice[side], inputs[i]!)),
      attrs,
    );
  return graph.make(whereP, [condition, at('yes'), at('no')], null);
};

/** Maps of choices. Of `where` itself the condition would be the choice. */
export const choiceRules: readonly NamedRule[] = mapNames.flatMap((name): NamedRule[] =>
  name === 'axpby' || name === 'where' ? [] : [[name, choose]],
);
