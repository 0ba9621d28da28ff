import fc from 'fast-check';
import type { Operation } from '../../primitive-laws/operation.ts';
import { Dice } from './author.ts';
import type { Program } from './program.ts';
import { smallerPrograms } from './shrink.ts';
import { Menu, type ProgramSize, writeProgram } from './write.ts';

/** What `programs` draws. */
export interface ProgramOptions {
  /** Operations, not counting what makes operands fit. @defaultValue 10 */
  readonly minSteps?: number;
  /** @defaultValue 30 */
  readonly maxSteps?: number;
  /** How long a chain of operations on each other's results must be there at least. @defaultValue 0 */
  readonly minDepth?: number;
  /** Names of operations that programs do not contain, such as `whileLoop`. @defaultValue none */
  readonly without?: readonly string[];
  /** Composites beside those that are there anyway, by their cases. @defaultValue none */
  readonly operations?: readonly Operation[];
}

class ProgramArbitrary extends fc.Arbitrary<Program> {
  readonly #menu: Menu;
  readonly #size: ProgramSize;

  constructor(menu: Menu, size: ProgramSize) {
    super();
    this.#menu = menu;
    this.#size = size;
  }

  override generate(random: fc.Random): fc.Value<Program> {
    const state = random.clone();
    // The outer generator moves on by one, however many draws a program takes.
    random.nextInt();
    const dice = new Dice((arbitrary) => arbitrary.generate(state, undefined).value);
    return new fc.Value(writeProgram(dice, this.#menu, this.#size), undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is Program {
    return false;
  }

  override shrink(program: Program): fc.Stream<fc.Value<Program>> {
    return fc.stream(smallerPrograms(program)).map((each) => new fc.Value(each, undefined));
  }
}

/**
 * Programs of tensors: arguments, cells and some tens of operations on each other's results, among them
 * every registered primitive, composites, random draws, derivatives of functions, requirements. Values
 * stay of moderate size, and functions that jump are applied to values that are known to the bit. They
 * print themselves as code and shrink by leaving steps out.
 *
 * @example
 * ```ts
 * const [program] = fc.sample(programs({ maxSteps: 12 }), { numRuns: 1, seed: 7 });
 * const compare = agreement(program.experiment(), (f) => f);
 * compare.problem; // => null
 * ```
 */
export function programs(options: ProgramOptions = {}): fc.Arbitrary<Program> {
  const { minSteps = 10, minDepth = 0, operations = [], without = [] } = options;
  const maxSteps = options.maxSteps ?? Math.max(30, minSteps);
  if (
    !(
      Number.isInteger(minSteps) &&
      Number.isInteger(maxSteps) &&
      1 <= minSteps &&
      minSteps <= maxSteps
    )
  ) {
    throw new RangeError(
      `programs: needs integers 1 <= minSteps <= maxSteps, got ${minSteps} and ${maxSteps}.`,
    );
  }
  if (!(Number.isInteger(minDepth) && 0 <= minDepth && minDepth <= 100)) {
    throw new RangeError(`programs: minDepth must be an integer from 0 to 100, got ${minDepth}.`);
  }
  return new ProgramArbitrary(new Menu(operations, without), { minSteps, maxSteps, minDepth });
}
