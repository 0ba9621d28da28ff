import fc from 'fast-check';

/** Draws a value of an arbitrary. */
export type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;

/** After a draw was made smaller, how often what depends on it is drawn anew. */
const attempts = 6;

/** One draw: the arbitrary it came from and what it gave. */
interface Choice {
  readonly arbitrary: fc.Arbitrary<unknown>;
  readonly value: fc.Value<unknown>;
}

/** All draws of a value, and the generator's state from which missing ones are drawn again. */
interface History {
  readonly choices: readonly Choice[];
  readonly random: fc.Random;
  readonly bias: number | undefined;
}

/**
 * A value built by drawing step by step. It shrinks one draw at a time: draws before it are kept,
 * draws after it, whose arbitraries may depend on it, are made again. Every step makes the history
 * lexicographically smaller, so shrinking ends (that of `fc.gen` 4.10 may not).
 */
class StepsArbitrary<T> extends fc.Arbitrary<T> {
  readonly #build: (draw: Draw) => T;

  constructor(build: (draw: Draw) => T) {
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
        const random = history.random.clone();
        const isLast = i === history.choices.length - 1;
        for (let attempt = 0; attempt < (isLast ? 1 : attempts); attempt++) {
          yield this.#replay({ ...history, choices, random: random.clone() });
          random.nextInt();
        }
      }
    }
  }

  /** Builds the value from the given draws, and new ones after them. */
  #replay(history: History): fc.Value<T> {
    const choices: Choice[] = [];
    const random = history.random.clone();
    const draw = <Drawn>(arbitrary: fc.Arbitrary<Drawn>): Drawn => {
      const kept = history.choices[choices.length];
      const choice = kept ?? { arbitrary, value: arbitrary.generate(random, history.bias) };
      choices.push(choice);
      // A kept draw was made by the same step, so it has this step's type.
      return choice.value.value as Drawn;
    };
    const built = this.#build(draw);
    return new fc.Value(built, { ...history, choices } satisfies History);
  }
}

/** Values built by a function that draws from arbitraries, which may depend on earlier draws. */
export const steps = <T>(build: (draw: Draw) => T): fc.Arbitrary<T> => new StepsArbitrary(build);
