import type { Equation, Region, Value } from '../graph/graph.ts';
import type { Lowerings } from '../lower/lowerings.ts';
import { reductionOf } from '../lower/reductions.ts';
import { type Group, groupOf, isCopy, merged } from './group.ts';
import type { Places } from './places.ts';

/** What is done in one kernel: a loop nest of several equations, or an equation by itself. */
export interface Unit {
  /** The place of its first equation in the graph. */
  readonly order: number;
  readonly equations: readonly Equation[];
  readonly group: Group | null;
}

interface Draft extends Unit {
  /** Units whose results it uses. */
  readonly uses: Set<Draft>;
  into: Draft | null;
}

/** The units of a graph, in an order in which they can run. */
export function fuse(
  graph: Region,
  places: Places,
  { maps }: Pick<Lowerings, 'maps'>,
  mayFail: (e: Equation) => boolean,
): Unit[] {
  const makers = new Map<Value, Draft>();
  const drafts: Draft[] = [];
  const current = (draft: Draft): Draft => {
    let now = draft;
    while (now.into !== null) now = now.into;
    return now;
  };
  const maker = (value: Value): Draft | undefined => {
    const found = makers.get(places.of(value).root);
    return found === undefined ? undefined : current(found);
  };
  let failing: Draft | null = null;
  for (const [order, equation] of graph.equations.entries()) {
    const isMap = maps.has(equation.primitive) || isCopy(equation, places);
    const fuses = isMap || reductionOf(equation) !== null;
    const isPlaced = equation.outputs.some((value) => places.of(value).root !== value);
    if (isPlaced) continue;
    let draft: Draft = {
      order,
      equations: [equation],
      group: fuses ? groupOf(equation, order, places) : null,
      uses: new Set(),
      into: null,
    };
    const producers = new Set<Draft>();
    for (const input of equation.inputs) {
      const found = maker(input);
      if (found !== undefined) producers.add(found);
    }
    for (const producer of producers) draft.uses.add(producer);
    if (mayFail(equation)) {
      // What may throw keeps its order.
      if (failing !== null) draft.uses.add(current(failing));
      failing = draft;
    }
    for (const value of equation.outputs) makers.set(value, draft);
    for (const producer of producers) {
      const from = current(producer);
      if (from === draft || from.group === null || draft.group === null) continue;
      if (!isDirect(from, draft, current)) continue;
      const group = merged(from.group, draft.group);
      if (group === null) continue;
      const both: Draft = {
        order: Math.min(from.order, draft.order),
        equations: [...from.equations, ...draft.equations],
        group,
        uses: new Set([...from.uses, ...draft.uses]),
        into: null,
      };
      from.into = both;
      draft.into = both;
      both.uses.delete(from);
      both.uses.delete(draft);
      draft = both;
    }
    drafts.push(draft);
  }
  return ordered([...new Set(drafts.map(current))], current);
}

/** Whether the second unit uses the first by no way through others. */
function isDirect(first: Draft, second: Draft, current: (draft: Draft) => Draft): boolean {
  const seen = new Set<Draft>();
  const stack = [...second.uses].map(current).filter((draft) => draft !== first);
  for (let draft = stack.pop(); draft !== undefined; draft = stack.pop()) {
    if (seen.has(draft) || draft === second) continue;
    seen.add(draft);
    for (const used of draft.uses) {
      const now = current(used);
      if (now === first) return false;
      stack.push(now);
    }
  }
  return true;
}

/** Units after what they use, otherwise by their place in the graph. */
function ordered(units: readonly Draft[], current: (draft: Draft) => Draft): Unit[] {
  const sorted = [...units].sort((a, b) => a.order - b.order);
  const done = new Set<Draft>();
  const out: Unit[] = [];
  const visit = (unit: Draft): void => {
    if (done.has(unit)) return;
    done.add(unit);
    for (const used of [...unit.uses].map(current).sort((a, b) => a.order - b.order)) {
      if (used !== unit) visit(used);
    }
    out.push(unit);
  };
  for (const unit of sorted) visit(unit);
  return out;
}
