import type { Code } from '../../wasm/code.ts';
import type { Plan } from './plan.ts';
import type { Product } from './product.ts';

/** A number that is a local plus a constant, or a constant alone. */
export interface Index {
  readonly local?: number | undefined;
  readonly offset: number;
}

/** An index further on. */
export const after = ({ local, offset }: Index, more: number): Index => ({
  local,
  offset: offset + more,
});

/** The function of a product while it is being written: its code, and locals that are used again. */
export class Frame {
  readonly code: Code;
  readonly product: Product;
  readonly plan: Plan;
  /** First step along k of the block, and its number of steps. */
  readonly depth: Index;
  readonly steps: Index;
  readonly #vectors: number[] = [];
  readonly #integers = new Map<string, number>();

  constructor(code: Code, product: Product, plan: Plan) {
    this.code = code;
    this.product = product;
    this.plan = plan;
    const blocked = plan.kc < product.k;
    this.depth = { local: blocked ? this.integer('depth') : undefined, offset: 0 };
    this.steps =
      product.k % plan.kc > 0 ? { local: this.integer('steps'), offset: 0 } : { offset: plan.kc };
  }

  /** The i32 local of this name. */
  integer(name: string): number {
    let local = this.#integers.get(name);
    if (local === undefined) {
      local = this.code.local('i32');
      this.#integers.set(name, local);
    }
    return local;
  }

  /** The v128 local of this number. */
  vector(number: number): number {
    while (this.#vectors.length <= number) this.#vectors.push(this.code.local('v128'));
    return this.#vectors[number]!;
  }

  /** Pushes `base + sum of index * factor` as i32; without a base, the sum alone. */
  sum(base: number | undefined, ...terms: readonly (readonly [Index, number])[]): void {
    const { code } = this;
    let pushed = base !== undefined;
    if (base !== undefined) code.get(base);
    let rest = 0;
    for (const [{ local, offset }, factor] of terms) {
      rest += offset * factor;
      if (local === undefined || factor === 0) continue;
      code.get(local);
      if (factor !== 1) code.i32(factor).op('i32.mul');
      if (pushed) code.op('i32.add');
      pushed = true;
    }
    if (!pushed) code.i32(rest);
    else if (rest !== 0) code.i32(rest).op('i32.add');
  }

  /**
   * Runs `body` for `at = from, from + step, ...` as long as a whole step fits before `to`; `at` then
   * holds where it stopped.
   */
  count(at: number, from: Index, to: Index, step: number, body: () => void): void {
    const { code } = this;
    const length =
      to.local === undefined && from.local === to.local ? to.offset - from.offset : undefined;
    this.sum(undefined, [from, 1]);
    code.set(at);
    const advance = (): void => {
      code.get(at).i32(step).op('i32.add').set(at);
    };
    if (length !== undefined && length < step) return;
    if (length !== undefined && length < 2 * step) {
      body();
      advance();
      return;
    }
    const last = this.integer(`last of ${at}`);
    this.sum(undefined, [to, 1], [{ offset: step }, -1]);
    code.set(last);
    const turns = (): void => {
      code.loop((again) => {
        body();
        advance();
        code.get(at).get(last).op('i32.le_s');
        again(true);
      });
    };
    if (length !== undefined) turns();
    else code.get(at).get(last).op('i32.le_s').if(turns);
  }

  /** Runs `body` for blocks of `step` from 0 to `total`, the last of which may be shorter. */
  blocks(name: string, total: number, step: number, body: (from: Index, to: Index) => void): void {
    const { code } = this;
    if (total <= step) {
      body({ offset: 0 }, { offset: total });
      return;
    }
    const [from, to] = [this.integer(name), this.integer(`${name} end`)];
    code.i32(0).set(from);
    code.loop((again) => {
      code.get(from).i32(step).op('i32.add').set(to);
      if (total % step > 0) {
        code.get(to).i32(total).get(to).i32(total).op('i32.lt_s', 'select').set(to);
      }
      body({ local: from, offset: 0 }, { local: to, offset: 0 });
      code.get(to).tee(from).i32(total).op('i32.lt_s');
      again(true);
    });
  }
}
