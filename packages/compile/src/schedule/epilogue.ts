import type { Equation, Region, Value } from '../graph/graph.ts';
import { dense, sizeOf } from '../layout/layout.ts';
import type { Lowerings } from '../lower/lowerings.ts';
import { reductionOf } from '../lower/reductions.ts';
import { isProduct } from '../lower/special.ts';
import { along, isChain, walkOf } from './along.ts';
import { biasOf } from './bias.ts';
import { type Draft, mayJoin } from './draft.ts';
import type { Group, Member } from './group.ts';
import type { Place, Places } from './places.ts';

/** What an epilogue may cost at most, in cheap maps, and how many matrices it may read and write. */
const limits = { work: 40, matrices: 3 };

/** The cost of a map that is not cheap. */
const dearWork = 12;

/** What a bias is worth that is added with the product, in matrices that are written or read. */
const biasWorth = 0.5;

/** Members of a group that could be done to a product's elements, and what that would save. */
interface Choice {
  readonly members: readonly Member[];
  readonly worth: number;
}

/** Which maps are done to a product's elements before these are stored. */
export class Epilogues {
  readonly #places: Places;
  readonly #rules: Pick<Lowerings, 'maps' | 'cheap'>;
  readonly #users = new Map<Value, Equation[]>();
  readonly #leaving: ReadonlySet<Value>;

  /** @param graph  its results are all that leaves it */
  constructor(graph: Region, places: Places, rules: Pick<Lowerings, 'maps' | 'cheap'>) {
    this.#places = places;
    this.#rules = rules;
    for (const equation of graph.equations) {
      if (equation.outputs.some((value) => this.#root(value) !== value)) continue;
      for (const root of new Set(equation.inputs.map(this.#root))) {
        const known = this.#users.get(root);
        if (known === undefined) this.#users.set(root, [equation]);
        else known.push(equation);
      }
    }
    this.#leaving = new Set(graph.results.map(this.#root));
  }

  /** The epilogues by their products, chosen among the groups that use these. The last come first. */
  join(units: readonly Draft[]): ReadonlyMap<Equation, Group> {
    const found = new Map<Equation, Group>();
    const products = units.filter(({ equations }) => {
      const [equation] = equations;
      return isProduct(equation!) && !equation!.outputs[0]!.shape.includes(0);
    });
    for (const one of products.sort((a, b) => b.order - a.order)) {
      const [equation] = one.equations;
      let best: (Choice & { readonly draft: Draft; readonly group: Group }) | null = null;
      const product = one.now;
      for (const draft of product.users) {
        const { group } = draft;
        if (group === null || !mayJoin(draft.equations, [equation!])) continue;
        const choice = this.#choiceOf(equation!.outputs[0]!, group);
        if (choice === null || choice.worth <= (best?.worth ?? 0)) continue;
        if (draft.usesDirectly(product)) best = { ...choice, draft, group };
      }
      if (best === null) continue;
      const { draft, group, members } = best;
      found.set(equation!, { axes: group.axes, reduced: null, members });
      // Together from now on, so that nothing else joins that would have to wait for them.
      draft.joined(product, { order: product.order, equations: [], group: null, epilogue: null });
    }
    return found;
  }

  readonly #root = (value: Value): Value => this.#places.of(value).root;

  /** The best beginning of what could join, if any is worth it. */
  #choiceOf(product: Value, group: Group): Choice | null {
    const own = ownWalk(product, group);
    if (own === null) return null;
    const able = this.#able(product, own, group);
    const size = sizeOf(product.shape);
    const before = 1 + this.#reads(group.members, size).size + this.#outputs(group.members, []);
    let best: Choice | null = null;
    let work = 0;
    for (const [count, { equation }] of able.entries()) {
      const isCheap = this.#rules.cheap.has(equation.primitive.name);
      work += isCheap ? 1 : dearWork;
      if (work > limits.work || (!isCheap && isRagged(product))) break;
      const members = this.#connected(able.slice(0, count + 1), product);
      const worth =
        before - this.#cost(product, group, members) + this.#gain(product, own, group, members);
      if (worth > (best?.worth ?? 0)) best = { members, worth };
    }
    return best;
  }

  /** The maps of a group at every element of the product that wait for nothing else in the group. */
  #able(product: Value, own: readonly number[], { axes, members }: Group): Member[] {
    const inGroup = new Set(members.flatMap((member) => member.equation.outputs));
    const done = new Set<Value>();
    const isAble = (member: Member): boolean => {
      const { equation: map, operands, result } = member;
      if (result === null || reductionOf(map) !== null) return false;
      if (!this.#rules.maps.has(map.primitive.name)) return false;
      if (!isOneWidth(product, map)) return false;
      const at = walkOf(dense(map.outputs[0]!.shape).strides, result, axes.length);
      if (at.some((stride, k) => stride !== own[k])) return false;
      return operands.every((place) => {
        if (inGroup.has(place.root)) return done.has(place.root);
        const walk = walkOf(place.layout.strides, member.axes, axes.length);
        if (place.root === product) return isSame(place, walk, own);
        return along(product.shape, axes, own, walk) !== null;
      });
    };
    return members.filter((member) => {
      const able = isAble(member);
      if (able) for (const value of member.equation.outputs) done.add(value);
      return able;
    });
  }

  /** Members that use the product, and what these use. */
  #connected(members: readonly Member[], product: Value): Member[] {
    const near = new Set([product]);
    for (const { operands, equation } of members) {
      if (operands.some(({ root }) => near.has(root))) near.add(equation.outputs[0]!);
    }
    const kept: Member[] = [];
    for (const member of [...members].reverse()) {
      const [output] = member.equation.outputs;
      if (!near.has(output!)) continue;
      kept.unshift(member);
      for (const { root } of member.operands) near.add(root);
    }
    return kept;
  }

  /** How many matrices are written and read if members leave their group for the product. */
  #cost(product: Value, group: Group, members: readonly Member[]): number {
    const joined = new Set(members);
    const rest = group.members.filter((member) => !joined.has(member));
    const size = sizeOf(product.shape);
    const made = this.#outputs(members, [product]);
    const read = this.#reads(members, size);
    read.delete(product);
    if (read.size > limits.matrices || made > limits.matrices) return Number.POSITIVE_INFINITY;
    return made + read.size + this.#reads(rest, size).size + this.#outputs(rest, []);
  }

  /** What it is worth that the product has a bias. */
  #gain(product: Value, own: readonly number[], group: Group, members: readonly Member[]): number {
    if ((this.#users.get(product) ?? []).length !== 1 || this.#leaving.has(product)) return 0;
    const isBias = members.some((member) => biasOf(product, group.axes, own, member) !== null);
    return isBias ? biasWorth : 0;
  }

  /** Values as large as the product that are read, but not made, by members. */
  #reads(members: readonly Member[], size: number): Set<Value> {
    const made = new Set(members.flatMap(({ equation }) => equation.outputs));
    const read = new Set<Value>();
    for (const { operands } of members) {
      for (const { root, layout } of operands) {
        const isLarge = sizeOf(root.shape) >= size && !layout.strides.every((n) => n === 0);
        if (isLarge && !made.has(root) && this.#places.splat(root) === undefined) read.add(root);
      }
    }
    return read;
  }

  /** How many of the members' elementwise results, and of other values, are used by anything else. */
  #outputs(members: readonly Member[], others: readonly Value[]): number {
    const inside = new Set(members.map(({ equation }) => equation));
    const isNeeded = (value: Value): boolean =>
      this.#leaving.has(value) || (this.#users.get(value) ?? []).some((user) => !inside.has(user));
    const values = members.flatMap(({ equation }) =>
      reductionOf(equation) === null ? equation.outputs : [],
    );
    return [...values, ...others].filter(isNeeded).length;
  }
}

/** Whether rows in vectors have many lanes to spare, which loops over all elements do not have. */
function isRagged({ shape, dtype }: Value): boolean {
  const n = shape.at(-1)!;
  const lanes = dtype === 'float64' ? 2 : 4;
  return n !== 1 && Math.ceil(n / lanes) * lanes > 1.15 * n;
}

/** Whether an equation's values have lanes as wide as the product's. */
function isOneWidth({ dtype }: Value, { inputs, outputs }: Equation): boolean {
  const isDouble = dtype === 'float64';
  return [...inputs, ...outputs].every((value) =>
    isDouble ? value.dtype === 'float64' || value.dtype === 'bool' : value.dtype !== 'float64',
  );
}

const isSame = ({ layout }: Place, walk: readonly number[], own: readonly number[]): boolean =>
  layout.offset === 0 && walk.every((stride, k) => stride === own[k]);

/** How a group walks through a product, if it visits every element once. */
function ownWalk(product: Value, { axes, members }: Group): readonly number[] | null {
  for (const member of members) {
    for (const { root, layout } of member.operands) {
      if (root !== product) continue;
      const walk = walkOf(layout.strides, member.axes, axes.length);
      if (layout.offset === 0 && isChain(axes, walk, sizeOf(product.shape))) return walk;
    }
  }
  return null;
}
