import type { Region, Value } from '../graph/graph.ts';
import { fuse, type Unit } from '../schedule/fuse.ts';
import { type Places, placesOf } from '../schedule/places.ts';
import { withCopies } from './copies.ts';
import { bytesIn, MemoryPlan } from './memory.ts';
import type { Context, Driver, Part, Step } from './step.ts';
import { mayFail, stepOf, wantsDense } from './units.ts';

/** The steps of a region, and a plan of the memory that they need in between. */
export class Block implements Part {
  readonly bytes: number;
  readonly #inputs: readonly Value[];
  readonly #results: readonly Value[];
  readonly #places: Places;
  readonly #steps: readonly Step[];
  readonly #offsets = new Map<Value, number>();
  readonly #scratch: readonly number[];

  /** @param results  what leaves the region */
  constructor(context: Context, original: Region, results: readonly Value[]) {
    const { lowerings, constants } = context;
    const { region, leaving } = withCopies(original, results, wantsDense(lowerings));
    const places = placesOf(region);
    const units = fuse({ ...region, results: leaving }, places, lowerings, mayFail(lowerings));
    this.#inputs = region.inputs;
    this.#places = places;
    this.#results = leaving.map((value) => places.of(value).root);
    const users = usersOf(units, places);
    const kept = new Set(this.#results);
    this.#steps = units.map((unit) =>
      stepOf(context, unit, places, (value) => {
        if (kept.has(value)) return true;
        return [...(users.get(value) ?? [])].some((user) => user !== unit);
      }),
    );
    const read = new Set(this.#steps.flatMap(({ inputs }) => inputs));
    for (const { value, view } of region.constants) {
      if (!read.has(value)) continue;
      // One number repeated is kept once.
      const isSplat = places.splat(value) !== undefined;
      constants.set(value, isSplat ? { ...view, shape: [], stride: [] } : view);
    }
    const plan = new MemoryPlan(0);
    this.#scratch = this.#planned(plan, kept);
    this.bytes = plan.end;
  }

  emit(
    driver: Driver,
    base: number,
    inputs: readonly number[],
    results: readonly number[],
    constants: (value: Value) => number,
  ): void {
    const given = new Map<Value, number>();
    for (const [i, value] of this.#inputs.entries()) given.set(value, inputs[i]!);
    for (const [i, value] of this.#results.entries()) given.set(value, results[i]!);
    const of = (value: Value): number => {
      const { root } = this.#places.of(value);
      const own = this.#offsets.get(root);
      return own === undefined ? (given.get(root) ?? constants(root)) : base + own;
    };
    for (const [k, step] of this.#steps.entries()) {
      step.emit(driver, { of, scratch: base + this.#scratch[k]!, constants });
    }
  }

  /** Plans the memory; where each step's scratch is. */
  #planned(plan: MemoryPlan, kept: ReadonlySet<Value>): number[] {
    const lastUse = new Map<Value, number>();
    for (const [k, { inputs }] of this.#steps.entries()) {
      for (const value of inputs) lastUse.set(value, k);
    }
    return this.#steps.map(({ outputs, scratch }, k) => {
      for (const value of outputs) {
        if (kept.has(value)) continue;
        this.#offsets.set(value, plan.place(bytesIn(value), k, lastUse.get(value) ?? k));
      }
      return scratch === 0 ? 0 : plan.place(scratch, k, k);
    });
  }
}

/** The units that use a value's storage. */
function usersOf(units: readonly Unit[], places: Places): Map<Value, Set<Unit>> {
  const users = new Map<Value, Set<Unit>>();
  for (const unit of units) {
    for (const { inputs } of unit.equations) {
      for (const input of inputs) {
        const { root } = places.of(input);
        const known = users.get(root);
        if (known === undefined) users.set(root, new Set([unit]));
        else known.add(unit);
      }
    }
  }
  return users;
}
