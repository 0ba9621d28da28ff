import { primitives } from '@tikhonov/core/engine';
import type { Operation } from '../../primitive-laws/operation.ts';
import { Author, type Dice, type Known } from './author.ts';
import {
  control,
  derivatives,
  draws,
  elementwise,
  type Item,
  linearAlgebra,
  movement,
  networks,
  operationItem,
  primitiveItem,
  products,
  reductions,
  state,
  windows,
} from './catalogue/index.ts';
import type { Program } from './program.ts';
import { withoutDead } from './shrink.ts';

/** Everything that programs are made of, chosen by weight. */
export class Menu {
  readonly #items: Readonly<Record<Author['kind'], readonly Item[]>>;

  constructor(operations: readonly Operation[], without: readonly string[]) {
    const wanted = (items: readonly Item[]): Item[] =>
      weighted(items.filter(({ name }) => !without.includes(name)));
    const plain = [
      ...primitives.map(primitiveItem),
      ...elementwise,
      ...reductions,
      ...products,
      ...movement,
      ...windows,
      ...linearAlgebra,
      ...draws,
      ...networks,
      ...operations.map(operationItem),
    ];
    const fill = (author: Author, count: number): void => this.fill(author, count);
    const { either, repeated } = control(fill);
    const all = wanted([...plain, ...state, ...derivatives(fill), either, repeated]);
    const pure = plain.filter(({ name }) => name !== 'primitive check');
    this.#items = { program: all, branch: all, function: wanted([...pure, either]) };
  }

  /** What there is outside of functions within a program, each as often as it is likely. */
  outside(): readonly Item[] {
    return this.#items.program;
  }

  /** Writes so many operations; those that cannot be used are tried a few times over. */
  fill(author: Author, count: number): void {
    const items = this.#items[author.kind];
    for (let written = 0, tried = 0; written < count && tried < 4 * count; tried++) {
      const item = author.dice.pick(items);
      if (author.attempt(() => item.write(author))) written += 1;
    }
  }
}

const weighted = (items: readonly Item[]): Item[] =>
  items.flatMap((item) => Array.from({ length: item.weight ?? 1 }, () => item));

/** How large a program is to be. */
export interface ProgramSize {
  readonly minSteps: number;
  readonly maxSteps: number;
  /** See `Program.depth`. */
  readonly minDepth: number;
}

/** Operations that are added at a time to a program that is not deep enough. */
const more = 5;

/** Writes a program of so many operations. */
export function writeProgram(
  dice: Dice,
  menu: Menu,
  { minSteps, maxSteps, minDepth }: ProgramSize,
): Program {
  const floats = dice.pick([
    ['float32'],
    ['float32'],
    ['float64'],
    ['float32', 'float64'],
  ] as const);
  const author = new Author(floats, dice, { kind: 'program', odd: dice.once(2) });
  menu.fill(author, dice.integer(minSteps, maxSteps));
  for (;;) {
    const program = author.program(resultsOf(author));
    // What is left of operands that were made to fit twice would be most of the program.
    const kept = dice.once(8) ? program : withoutDead(program);
    if (kept.depth >= minDepth) return kept;
    menu.fill(author, more);
  }
}

/** Most of the values that nothing uses, so that little is dead, and some of the others. */
function resultsOf(author: Author): Known[] {
  const used = new Set(author.body([], []).steps.flatMap(({ operands }) => operands));
  const { dice, known } = author;
  const picked = known.filter(({ ref }) => (used.has(ref) ? dice.once(12) : !dice.once(5)));
  return picked.length > 0 ? picked : known.slice(-1);
}
