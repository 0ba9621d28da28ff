import {
  type Callable,
  type F64,
  type I32,
  type I32Variable,
  type Kernel,
  shared,
} from '../../../loops/index.ts';
import { normalFromBits } from '../../../math/index.ts';
import type { ModuleWriter } from '../../../wasm/module.ts';
import type { Operand } from '../../rule.ts';
import { threefry } from './threefry.ts';

/** Words that a kernel draws one pair after the other. */
export class Words {
  readonly first: I32Variable;
  readonly second: I32Variable;
  readonly #kernel: Kernel;
  readonly #draw: number;
  readonly #normal: Callable<['i32', 'i32'], 'f64'>;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#draw = threefry(kernel.writer);
    this.#normal = normalOf(kernel.writer);
    this.first = kernel.i32();
    this.second = kernel.i32();
  }

  /** Draws the next pair. */
  draw(key0: I32, key1: I32, counter0: I32 | number, counter1: I32 | number): void {
    const { code } = this.#kernel;
    for (const word of [key0, key1, counter0, counter1]) this.#kernel.int(word).write(this.#kernel);
    // The stack has the first below the second.
    code.call(this.#draw).set(this.second.local).set(this.first.local);
    this.#kernel.statements += 1;
  }

  /** A fraction strictly between 0 and 1: an odd multiple of 2^-53. */
  fraction(): F64 {
    const high = this.first.shrU(6).toF64U();
    const low = this.second.shrU(6).toF64U();
    return high
      .mul(2 ** 26)
      .add(low)
      .add(0.5)
      .div(2 ** 52);
  }

  /** A standard normal value. */
  normal(): F64 {
    return this.#kernel.call(this.#normal, this.first, this.second);
  }
}

/** The two words of a key. */
export function keyWords(
  k: Kernel,
  address: I32,
  { layout }: Operand,
): readonly [I32Variable, I32Variable] {
  const words = k.ints(address, 'uint32', layout);
  return [k.i32(words.get(0)), k.i32(words.get(1))];
}

const normalOf = (writer: ModuleWriter): Callable<['i32', 'i32'], 'f64'> =>
  shared(writer, 'normal from words', () => ({
    index: writer.function(['i32', 'i32'], ['f64'], (code) => {
      code.get(0).op('i32x4.splat').get(1).lane('i32x4.replace_lane', 1);
      normalFromBits(code, 'f64x2');
      code.lane('f64x2.extract_lane', 0);
    }),
    parameters: ['i32', 'i32'],
    result: 'f64',
  }));
