import { FormatError } from '@tikhonov/data';

/** What JSON text says. Objects are maps, so that no name in a file reaches a prototype. */
export type Json = string | number | boolean | null | readonly Json[] | ReadonlyMap<string, Json>;

/** Values within values; headers have four, states more. */
const deepest = 64;

/** A number, a word or a mark; strings are looked for by hand, as expressions overflow on long ones. */
const token = /(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([{}[\],:])/y;

const blanks = /[ \t\n\r]*/y;

/** What comes next, as far as it is known without a look inside. */
interface Token {
  readonly kind: 'string' | 'number' | 'word' | 'mark' | 'end' | 'unknown';
  readonly text: string;
}

/**
 * JSON as RFC 8259 has it, but for two things that `JSON.parse` lets pass: a name that an object has
 * twice, and deep nesting, are errors.
 *
 * @throws FormatError for anything else
 */
export function parseJson(where: string, text: string): Json {
  const parser = new Parser(where, text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #where: string;
  readonly #text: string;
  #at = 0;
  #next: Token;

  constructor(where: string, text: string) {
    this.#where = where;
    this.#text = text;
    this.#next = this.#scan();
  }

  value(depth: number): Json {
    const { kind, text } = this.#next;
    if (depth > deepest) this.#fail(`more than ${deepest} values within one another`);
    if (kind === 'string') return this.#string();
    if (this.#take('{')) return this.#object(depth);
    if (this.#take('[')) return this.#array(depth);
    if (kind !== 'number' && kind !== 'word') return this.#fail('expected a value');
    this.#next = this.#scan();
    return kind === 'number' ? Number(text) : text === 'null' ? null : text === 'true';
  }

  end(): void {
    if (this.#next.kind !== 'end') this.#fail('there is something after the end');
  }

  #object(depth: number): ReadonlyMap<string, Json> {
    const entries = new Map<string, Json>();
    if (this.#take('}')) return entries;
    do {
      const name = this.#string();
      if (!this.#take(':')) this.#fail("expected ':'");
      if (entries.has(name)) this.#fail(`'${name.slice(0, 40)}' appears twice`);
      entries.set(name, this.value(depth + 1));
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail("expected ',' or '}'");
    return entries;
  }

  #array(depth: number): readonly Json[] {
    const items: Json[] = [];
    if (this.#take(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail("expected ',' or ']'");
    return items;
  }

  #string(): string {
    const { kind, text } = this.#next;
    if (kind !== 'string') return this.#fail('expected a string');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#fail('a string holds what strings must not');
    }
    this.#next = this.#scan();
    return String(value);
  }

  #take(mark: string): boolean {
    if (this.#next.kind !== 'mark' || this.#next.text !== mark) return false;
    this.#next = this.#scan();
    return true;
  }

  #scan(): Token {
    blanks.lastIndex = this.#at;
    blanks.exec(this.#text);
    const start = blanks.lastIndex;
    if (start === this.#text.length) return { kind: 'end', text: '' };
    const isString = this.#text[start] === '"';
    token.lastIndex = start;
    const found = isString ? null : token.exec(this.#text);
    const end = isString ? this.#stringEnd(start) : start + (found?.[0].length ?? 0);
    this.#at = end;
    const text = this.#text.slice(start, end);
    if (text === '') return { kind: 'unknown', text };
    if (isString) return { kind: 'string', text };
    return { kind: found?.[1] !== undefined ? 'number' : found?.[2] ? 'word' : 'mark', text };
  }

  /** Past the next quote that no odd number of backslashes stands before; `start` if there is none. */
  #stringEnd(start: number): number {
    let quote = this.#text.indexOf('"', start + 1);
    while (quote >= 0) {
      let slashes = 0;
      while (this.#text[quote - 1 - slashes] === '\\') slashes += 1;
      if (slashes % 2 === 0) return quote + 1;
      quote = this.#text.indexOf('"', quote + 1);
    }
    return start;
  }

  #fail(problem: string): never {
    throw new FormatError(
      `${this.#where}: the header is no valid JSON, ${problem} near position ${this.#at}.\n  The file is damaged, or of another format.`,
    );
  }
}
