import type { CaseDraw } from '@tikhonov/core';
import fc from 'fast-check';
import { caseDraw } from './case-draw.ts';

/** One draw: the arbitrary it came from and what it gave. */
interface Choice {
  readonly arbitrary: fc.Arbitrary<unknown>;
  readonly value: fc.Value<unknown>;
}

/** All draws of a case, and the generator's state from which missing ones are drawn again. */
interface History {
  readonly choices: readonly Choice[];
  readonly random: fc.Random;
  readonly bias: number | undefined;
}

/**
 * A case built by drawing step by step. It shrinks one draw at a time: draws before it are kept,
 * draws after it, whose arbitraries may depend on it, are made again. Every step makes the history
 * lexicographically smaller, so shrinking ends (that of `fc.gen` 4.10 may not).
 */
class DrawnArbitrary<T> extends fc.Arbitrary<T> {
  readonly #build: (draw: CaseDraw) => T;

  constructor(build: (draw: CaseDraw) => T) {
    super();
    this.#build = build;
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<T> {
    const state = random.clone();
    const value = this.#replay({ choices: [], random: state, bias });
    // The outer generator moves on, so that the next case differs.
    random.nextInt();
    return value;
  }

  override canShrinkWithoutContext(_value: unknown): _value is T {
    return false;
  }

  override shrink(_value: T, context: unknown): fc.Stream<fc.Value<T>> {
    return context === undefined ? fc.Stream.nil() : fc.stream(this.#smaller(context as History));
  }

  *#smaller(history: History): IterableIterator<fc.Value<T>> {
    for (const [i, { arbitrary, value }] of history.choices.entries()) {
      for (const shrunk of arbitrary.shrink(value.value_, value.context)) {
        const choices = [...history.choices.slice(0, i), { arbitrary, value: shrunk }];
        yield this.#replay({ ...history, choices });
      }
    }
  }

  /** Builds the case from the given draws, and new ones after them. */
  #replay(history: History): fc.Value<T> {
    const choices: Choice[] = [];
    const random = history.random.clone();
    const built = this.#build(
      caseDraw((arbitrary) => {
        const kept = history.choices[choices.length];
        const choice = kept ?? { arbitrary, value: arbitrary.generate(random, history.bias) };
        choices.push(choice);
        return choice.value.value;
      }),
    );
    return new fc.Value(built, { ...history, choices } satisfies History);
  }
}

/**
 * Anything that is drawn step by step, such as a primitive's own `cases`. It shrinks.
 *
 * @param build  deterministic but for its draws
 * @example
 * ```ts
 * const rows = drawn((draw) => draw.tensor([draw.integer(1, 3), 2]));
 * fc.assert(fc.property(rows, (x) => x.shape[1] === 2));
 * ```
 */
export const drawn = <T>(build: (draw: CaseDraw) => T): fc.Arbitrary<T> =>
  new DrawnArbitrary(build);
