import type { Graph } from '../graph/graph.ts';
import { eliminateDead } from './eliminate-dead.ts';
import { foldConstants } from './fold-constants.ts';
import { insideRegions } from './inside-regions.ts';
import { oneHot } from './one-hot.ts';
import type { Pass } from './pass.ts';
import { reluMask } from './relu-mask.ts';
import { shareBranches } from './share-branches.ts';
import { shareCommon } from './share-common.ts';
import { rulesOf, simplifying } from './simplifier.ts';
import { arithmeticIdentities } from './simplify-arithmetic.ts';
import { movementIdentities } from './simplify-movement.ts';
import { turnProducts } from './turn-products.ts';

/** Rounds after which the graph is left as it is; two or three suffice for most. */
const rounds = 8;

/** The identities of both passes in one walk. */
const simplify: Pass = /* @__PURE__ */ simplifying(
  'simplify',
  /* @__PURE__ */ rulesOf([...movementIdentities, ...arithmeticIdentities]),
);

/** Passes that make work for each other. */
const repeated: readonly Pass[] = [simplify, foldConstants, shareCommon];

/** Told what a pass has made of a graph, if it has changed it. */
export type Observer = (pass: Pass, before: Graph, after: Graph) => void;

/**
 * The graph in its simplest form, which computes the same to the bit: what is not needed, known or done
 * twice left out, and identities used until there are no more. At last come what must not be undone:
 * rectifiers' masks made from their outputs, and products turned to lie in memory as what they meet.
 */
export function optimize(graph: Graph, observe: Observer = () => {}): Graph {
  let now = graph;
  const apply = (pass: Pass): boolean => {
    const before = now;
    now = pass.run(before);
    if (now !== before) observe(pass, before, now);
    return now !== before;
  };
  apply(eliminateDead);
  apply(shareBranches);
  apply(insideRegions((region) => optimize(region)));
  apply(shareCommon);
  apply(oneHot);
  // When all have seen this very graph, nothing is left to do; the last to change it need not, unless
  // it is the one whose work makes more of its own kind.
  let idle = 0;
  let enough = repeated.length;
  for (let turn = 0; turn < rounds * repeated.length && idle < enough; turn++) {
    const pass = repeated[turn % repeated.length]!;
    const changed = apply(pass);
    idle = changed ? 0 : idle + 1;
    if (changed) enough = pass === simplify ? repeated.length : repeated.length - 1;
  }
  apply(reluMask);
  apply(turnProducts);
  apply(eliminateDead);
  return now;
}
