import type { ElementType } from './elements.ts';
import { FormatError } from './format-error.ts';

/** What the header of a `.npy` file says. */
export interface NpyHeader {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

type Value = string | boolean | readonly number[];

/**
 * Reads the Python dictionary that the header is, `{'descr': '<f4', 'fortran_order': False, 'shape': (2,
 * 3), }`. NumPy evaluates it as a literal; this takes only what a header may consist of.
 */
export function parseNpyHeader(where: string, text: string): NpyHeader {
  const tokens = new Tokens(where, text);
  const values = new Map<string, Value>();
  tokens.expect('{');
  while (!tokens.take('}')) {
    const key = tokens.string();
    tokens.expect(':');
    if (values.has(key)) tokens.fail(`the key '${key}' appears twice`);
    values.set(key, tokens.value());
    if (!tokens.take(',')) {
      tokens.expect('}');
      break;
    }
  }
  tokens.end();
  const [descr, fortranOrder, shape] = ['descr', 'fortran_order', 'shape'].map((key) =>
    values.get(key),
  );
  if (typeof descr !== 'string' || typeof fortranOrder !== 'boolean' || !isShape(shape)) {
    return tokens.fail("it must have 'descr' (text), 'fortran_order' (True or False) and 'shape'");
  }
  if (values.size !== 3) tokens.fail('it has other keys than descr, fortran_order and shape');
  return { ...elementOf(where, descr), fortranOrder, shape };
}

const isShape = (value: Value | undefined): value is readonly number[] =>
  typeof value === 'object' && value.length <= 64;

const elementTypes: ReadonlyMap<string, ElementType> = /* @__PURE__ */ new Map([
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['b1', 'bool'],
]);

function elementOf(where: string, descr: string): { type: ElementType; littleEndian: boolean } {
  const type = elementTypes.get(descr.slice(1));
  const order = descr[0];
  const isByte = descr.endsWith('1');
  if (type !== undefined && (order === '<' || order === '>' || (order === '|' && isByte))) {
    return { type, littleEndian: order !== '>' };
  }
  const hint = descr.includes('O')
    ? 'Objects are stored as pickles, which can run any code; save numbers instead.'
    : "Convert the array first, such as with array.astype('float32').";
  throw new FormatError(
    `${where}: elements of type '${shortened(descr)}' cannot be read; known are ${[...elementTypes.keys()].join(', ')}.\n  ${hint}`,
  );
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text);

/** Strings (no escapes), integers, words and marks; whatever else there is fails. */
const token = /\s*(?:'([^'\\\n]*)'|"([^"\\\n]*)"|(\d+)[lL]?|([A-Za-z_]+)|([{}()[\],:]))/y;

class Tokens {
  readonly #where: string;
  readonly #text: string;
  #at = 0;
  #next: RegExpExecArray | null = null;

  constructor(where: string, text: string) {
    this.#where = where;
    this.#text = text;
    this.#advance();
  }

  fail(problem: string): never {
    throw new FormatError(
      `${this.#where}: bad header, ${problem}: ${shortened(this.#text.trim())}\n  The file is damaged, or no .npy file.`,
    );
  }

  take(mark: string): boolean {
    if (this.#next?.[5] !== mark) return false;
    this.#advance();
    return true;
  }

  expect(mark: string): void {
    if (!this.take(mark)) this.fail(`expected '${mark}' before position ${this.#at}`);
  }

  string(): string {
    const text = this.#next?.[1] ?? this.#next?.[2];
    if (text === undefined) return this.fail(`expected a string before position ${this.#at}`);
    this.#advance();
    return text;
  }

  value(): Value {
    if (this.take('(')) return this.#tuple();
    if (this.#next?.[5] === '[') this.fail('arrays of records are not supported');
    const word = this.#next?.[4];
    if (word === undefined) return this.string();
    if (word !== 'True' && word !== 'False') this.fail(`unknown word '${shortened(word)}'`);
    this.#advance();
    return word === 'True';
  }

  end(): void {
    if (this.#next !== null || this.#text.slice(this.#at).trim() !== '') {
      this.fail('there is something after it');
    }
  }

  #tuple(): readonly number[] {
    const numbers: number[] = [];
    while (!this.take(')')) {
      const digits = this.#next?.[3];
      const value = Number(digits);
      if (digits === undefined || !Number.isSafeInteger(value)) {
        this.fail(`expected an integer below 2^53 before position ${this.#at}`);
      }
      numbers.push(value);
      this.#advance();
      if (!this.take(',')) {
        this.expect(')');
        break;
      }
    }
    return numbers;
  }

  #advance(): void {
    token.lastIndex = this.#at;
    this.#next = token.exec(this.#text);
    if (this.#next !== null) this.#at = token.lastIndex;
  }
}
