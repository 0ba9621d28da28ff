import type { Equation, Region, Value } from '../graph/graph.ts';
import type { Lowerings } from '../lower/lowerings.ts';
import { reductionOf } from '../lower/reductions.ts';
import { isProduct } from '../lower/special.ts';
import { Draft, inOrder, mayJoin, type Parts } from './draft.ts';
import { Epilogues } from './epilogue.ts';
import { type Group, groupOf, isCopy, merged } from './group.ts';
import type { Places } from './places.ts';

/**
 * What is done in one kernel: a loop nest of several equations, a matrix product with what is done to
 * its elements before they are stored, or an equation by itself.
 */
export type Unit = Parts;

/** Equations that are in one unit from the beginning. */
interface Item {
  readonly order: number;
  readonly equations: readonly Equation[];
}

/** What fusion knows about primitives. */
type Rules = Pick<Lowerings, 'maps' | 'cheap'>;

/** The units of a graph, in an order in which they can run. */
export function fuse(
  graph: Region,
  places: Places,
  rules: Rules,
  mayFail: (e: Equation) => boolean,
): Unit[] {
  const fusion = new Fusion(places, rules, mayFail);
  const items = graph.equations.flatMap((equation, order): Item[] => {
    const isPlaced = equation.outputs.some((value) => places.of(value).root !== value);
    return isPlaced ? [] : [{ order, equations: [equation] }];
  });
  const loose = fusion.unitsOf(items, new Map());
  const epilogues = new Epilogues(graph, places, rules);
  const found = epilogues.join(loose);
  if (found.size === 0) return inOrder(loose, ({ uses }) => uses);
  // What is left of the groups may fuse otherwise now.
  const gathered = fusion.gathered(items, found);
  return inOrder(fusion.unitsOf(gathered, found), ({ uses }) => uses);
}

class Fusion {
  readonly #places: Places;
  readonly #rules: Rules;
  readonly #mayFail: (e: Equation) => boolean;

  constructor(places: Places, rules: Rules, mayFail: (e: Equation) => boolean) {
    this.#places = places;
    this.#rules = rules;
    this.#mayFail = mayFail;
  }

  /** Units of items, each of which comes after what it uses. */
  unitsOf(items: readonly Item[], epilogues: ReadonlyMap<Equation, Group>): Draft[] {
    const makers = new Map<Value, Draft>();
    const drafts: Draft[] = [];
    let failing: Draft | null = null;
    for (const { order, equations } of items) {
      const [equation] = equations;
      const epilogue = epilogues.get(equation!) ?? null;
      const group = this.#fuses(equation!) ? groupOf(equation!, order, this.#places) : null;
      let draft = new Draft({ order, equations, group, epilogue });
      const producers = new Set<Draft>();
      for (const { inputs } of equations) {
        for (const input of inputs) {
          const maker = makers.get(this.#root(input))?.now;
          if (maker !== undefined) producers.add(maker);
        }
      }
      for (const producer of producers) draft.use(producer);
      if (this.#mayFail(equation!)) {
        // What may throw keeps its order.
        if (failing !== null) draft.use(failing.now);
        failing = draft;
      }
      for (const { outputs } of equations) for (const value of outputs) makers.set(value, draft);
      for (const producer of producers) draft = this.#merged(producer.now, draft);
      drafts.push(draft);
    }
    return [...new Set(drafts.map(({ now }) => now))];
  }

  /** Items of which each product has its epilogue's equations beside it. */
  gathered(items: readonly Item[], epilogues: ReadonlyMap<Equation, Group>): Item[] {
    const taken = new Set<Equation>();
    for (const { members } of epilogues.values()) {
      for (const { equation } of members) taken.add(equation);
    }
    const makers = new Map<Value, Item>();
    const before = new Map<Item, Item>();
    const out: Item[] = [];
    let failing: Item | null = null;
    for (const { order, equations } of items) {
      const [equation] = equations;
      if (taken.has(equation!)) continue;
      const members = epilogues.get(equation!)?.members ?? [];
      const item = {
        order,
        equations: [...equations, ...members.map((member) => member.equation)],
      };
      for (const { outputs } of item.equations)
        for (const value of outputs) makers.set(value, item);
      if (this.#mayFail(equation!)) {
        if (failing !== null) before.set(item, failing);
        failing = item;
      }
      out.push(item);
    }
    return inOrder(out, (item) => {
      const uses = new Set<Item>();
      for (const { inputs } of item.equations) {
        for (const input of inputs) {
          const maker = makers.get(this.#root(input));
          if (maker !== undefined && maker !== item) uses.add(maker);
        }
      }
      const last = before.get(item);
      return last === undefined ? uses : uses.add(last);
    });
  }

  #root(value: Value): Value {
    return this.#places.of(value).root;
  }

  #fuses(equation: Equation): boolean {
    if (isProduct(equation)) return false;
    const isMap = this.#rules.maps.has(equation.primitive.name) || isCopy(equation, this.#places);
    return isMap || reductionOf(equation) !== null;
  }

  /** The last unit, or it and one that it uses as one. */
  #merged(from: Draft, draft: Draft): Draft {
    if (from === draft || from.group === null || draft.group === null) return draft;
    // The domain is that of the first.
    if (draft.group.axes.length > from.group.axes.length) return draft;
    if (!mayJoin(draft.equations, from.equations)) return draft;
    const group = merged(from.group, draft.group);
    if (group === null || !draft.usesDirectly(from)) return draft;
    return draft.joined(from, {
      order: Math.min(from.order, draft.order),
      equations: [...from.equations, ...draft.equations],
      group,
      epilogue: null,
    });
  }
}
