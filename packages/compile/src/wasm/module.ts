import { Bytes } from './bytes.ts';
import { Code } from './code.ts';
import { type ValueType, valueTypes } from './opcodes.ts';

interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

interface Imported {
  readonly module: string;
  readonly name: string;
  readonly type: number;
}

interface Defined {
  readonly type: number;
  readonly code: Code;
}

/** Writes a WebAssembly module that imports its memory as `env.memory`. */
export class ModuleWriter {
  readonly #types: FunctionType[] = [];
  readonly #imports: Imported[] = [];
  readonly #functions: Defined[] = [];
  readonly #exports: [string, number][] = [];
  readonly #pages: number;

  /** @param pages  size of the memory in pages of 64 KiB */
  constructor(pages: number) {
    this.#pages = pages;
  }

  /** An imported function; its index. All imports come before the first function. */
  importFunction(
    module: string,
    name: string,
    parameters: readonly ValueType[],
    results: readonly ValueType[],
  ): number {
    if (this.#functions.length > 0) throw new Error('internal: an import after a function.');
    this.#imports.push({ module, name, type: this.#type({ parameters, results }) });
    return this.#imports.length - 1;
  }

  /** A function, whose body is written by `body`; its index. */
  function(
    parameters: readonly ValueType[],
    results: readonly ValueType[],
    body: (code: Code) => void,
    exported?: string,
  ): number {
    const code = new Code(parameters);
    const index = this.#imports.length + this.#functions.length;
    this.#functions.push({ type: this.#type({ parameters, results }), code });
    body(code);
    if (exported !== undefined) this.#exports.push([exported, index]);
    return index;
  }

  /**
   * The module's bytes.
   *
   * @param pages  size of the memory, if it is known only now
   */
  encode(pages: number = this.#pages): Uint8Array<ArrayBuffer> {
    const out = new Bytes().raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const section = (id: number, count: number, write: (into: Bytes) => void): void => {
      if (count === 0) return;
      const content = new Bytes().u32(count);
      write(content);
      out.byte(id).sized(content);
    };
    section(1, this.#types.length, (into) => {
      for (const { parameters, results } of this.#types) {
        into.byte(0x60).u32(parameters.length);
        for (const type of parameters) into.byte(valueTypes[type]);
        into.u32(results.length);
        for (const type of results) into.byte(valueTypes[type]);
      }
    });
    section(2, this.#imports.length + 1, (into) => {
      into.name('env').name('memory').byte(0x02).byte(0x00).u32(pages);
      for (const { module, name, type } of this.#imports) {
        into.name(module).name(name).byte(0x00).u32(type);
      }
    });
    section(3, this.#functions.length, (into) => {
      for (const { type } of this.#functions) into.u32(type);
    });
    section(7, this.#exports.length, (into) => {
      for (const [name, index] of this.#exports) into.name(name).byte(0x00).u32(index);
    });
    section(10, this.#functions.length, (into) => {
      for (const { code } of this.#functions) into.sized(code.encode());
    });
    return out.view();
  }

  #type(wanted: FunctionType): number {
    const key = JSON.stringify(wanted);
    const known = this.#types.findIndex((type) => JSON.stringify(type) === key);
    if (known !== -1) return known;
    this.#types.push(wanted);
    return this.#types.length - 1;
  }
}
