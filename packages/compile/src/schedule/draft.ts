import type { Equation } from '../graph/graph.ts';
import type { Group } from './group.ts';

/** Units that are looked at before two are taken not to be next to each other. */
const farthest = 400;

/** What a unit is made of. */
export interface Parts {
  /** The place of its first equation in the graph. */
  readonly order: number;
  readonly equations: readonly Equation[];
  readonly group: Group | null;
  readonly epilogue: Group | null;
}

/** Whether nothing of the first would be computed before a recomputation that it belongs to begins. */
export const mayJoin = (later: readonly Equation[], earlier: readonly Equation[]): boolean =>
  later.every(
    ({ recomputation }) =>
      recomputation === undefined ||
      earlier.every((equation) => equation.recomputation === recomputation),
  );

/** A unit while units are being made: what it uses and what uses it, which never leads back to it. */
export class Draft implements Parts {
  readonly order: number;
  readonly equations: readonly Equation[];
  readonly group: Group | null;
  readonly epilogue: Group | null;
  readonly uses: Set<Draft> = new Set();
  readonly users: Set<Draft> = new Set();
  /** Greater than that of everything it uses. */
  #rank = 0;
  /** What it has become a part of. */
  #into: Draft | null = null;

  constructor({ order, equations, group, epilogue }: Parts) {
    this.order = order;
    this.equations = equations;
    this.group = group;
    this.epilogue = epilogue;
  }

  /** The unit that it is a part of by now. */
  get now(): Draft {
    let now: Draft = this;
    while (now.#into !== null) now = now.#into;
    if (this.#into !== null) this.#into = now;
    return now;
  }

  /** Says that this unit uses another. */
  use(other: Draft): void {
    if (other === this) return;
    this.uses.add(other);
    other.users.add(this);
    this.#raise(other.#rank + 1);
  }

  /** Whether no way from another unit to this one leads through others; denied if that is hard to tell. */
  usesDirectly(first: Draft): boolean {
    if (first.users.size === 1 && first.users.has(this)) return true;
    const seen = new Set<Draft>();
    const stack = [...this.uses];
    for (let draft = stack.pop(); draft !== undefined; draft = stack.pop()) {
      if (draft === first || draft.#rank <= first.#rank || seen.has(draft)) continue;
      if (draft.uses.has(first) || seen.size > farthest) return false;
      seen.add(draft);
      stack.push(...draft.uses);
    }
    return true;
  }

  /** One unit instead of this one and another that it uses directly. */
  joined(first: Draft, parts: Parts): Draft {
    const both = new Draft(parts);
    const pair = [first, this];
    for (const one of pair) {
      one.#into = both;
      for (const used of one.uses) used.users.delete(one);
      for (const user of one.users) user.uses.delete(one);
    }
    for (const one of pair) {
      for (const used of one.uses) if (!pair.includes(used)) both.use(used);
    }
    for (const one of pair) {
      for (const user of one.users) if (!pair.includes(user)) user.use(both);
    }
    return both;
  }

  #raise(rank: number): void {
    if (this.#rank >= rank) return;
    this.#rank = rank;
    const stack: Draft[] = [this];
    for (let draft = stack.pop(); draft !== undefined; draft = stack.pop()) {
      for (const user of draft.users) {
        if (user.#rank > draft.#rank) continue;
        user.#rank = draft.#rank + 1;
        stack.push(user);
      }
    }
  }
}

/** What comes after what it uses, otherwise by its place in the graph. */
export function inOrder<T extends { readonly order: number }>(
  all: readonly T[],
  usesOf: (one: T) => Iterable<T>,
): T[] {
  const byOrder = (a: T, b: T): number => b.order - a.order;
  const out: T[] = [];
  const state = new Map<T, 'open' | 'done'>();
  // The next is the last.
  const stack = [...all].sort(byOrder);
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    const known = state.get(one);
    if (known === 'done') continue;
    if (known === 'open') {
      state.set(one, 'done');
      out.push(one);
      continue;
    }
    state.set(one, 'open');
    stack.push(one);
    const missing: T[] = [];
    for (const used of usesOf(one)) if (state.get(used) === undefined) missing.push(used);
    stack.push(...missing.sort(byOrder));
  }
  return out;
}
