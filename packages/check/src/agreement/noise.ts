// Where tests run in contexts of their own, every use of a global costs a search.
const { cos, imul, log, PI, sqrt } = Math;

/** Standard normal numbers from a seed; the same everywhere that `log` and `cos` are. */
export class Noise {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number in (0, 1), by a 32-bit mixing counter. */
  uniform(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let bits = imul(this.#state ^ (this.#state >>> 16), 0x85ebca6b);
    bits = imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return (((bits ^ (bits >>> 16)) >>> 0) + 0.5) / 2 ** 32;
  }

  /** Box & Muller 1958. */
  normal(): number {
    return sqrt(-2 * log(this.uniform())) * cos(2 * PI * this.uniform());
  }
}
