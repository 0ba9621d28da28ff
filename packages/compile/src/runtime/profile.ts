/** What a kernel has taken in all calls so far. */
export interface KernelTime {
  /** Its line in `kernels`. */
  readonly kernel: string;
  /** How often it has run. */
  readonly calls: number;
  readonly milliseconds: number;
}

/** Adds up the time between the ends of kernels. */
export class Clock {
  readonly #kernels: readonly string[];
  readonly #calls: number[];
  readonly #spent: number[];
  #last = 0;

  constructor(kernels: readonly string[]) {
    this.#kernels = kernels;
    this.#calls = kernels.map(() => 0);
    this.#spent = kernels.map(() => 0);
  }

  /** A call begins. */
  start(): void {
    this.#last = performance.now();
  }

  /** A kernel has ended, and the next one begins. */
  mark(kernel: number): void {
    const now = performance.now();
    this.#calls[kernel]! += 1;
    this.#spent[kernel]! += now - this.#last;
    this.#last = now;
  }

  /** So far, in the order of the kernels. */
  get times(): readonly KernelTime[] {
    return this.#kernels.map((kernel, k) => ({
      kernel,
      calls: this.#calls[k]!,
      milliseconds: this.#spent[k]!,
    }));
  }
}
