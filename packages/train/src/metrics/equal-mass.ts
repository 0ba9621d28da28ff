/** Of rows: weights, hits (0 or 1) and confidences; of bins: their weighted sums. */
export interface Confidences {
  readonly weight: Float64Array;
  readonly hits: Float64Array;
  readonly confidence: Float64Array;
}

/**
 * Rows in the order of their confidence, cut into bins of equal weight. A row that an edge falls into
 * counts in both bins, by its shares; rows of one confidence are one row.
 */
export function equalMassBins(rows: Confidences, bins: number): Confidences {
  const { weight, hits, confidence } = tied(rows);
  const total = weight.reduce((sum, w) => sum + w, 0);
  const out = {
    weight: new Float64Array(bins),
    hits: new Float64Array(bins),
    confidence: new Float64Array(bins),
  };
  let before = 0;
  for (const [i, w] of weight.entries()) {
    const after = before + w;
    const last = Math.min(bins - 1, Math.floor((after / total) * bins));
    for (let b = Math.min(bins - 1, Math.floor((before / total) * bins)); b <= last; b++) {
      const from = Math.max(before, (b * total) / bins);
      const to = b === bins - 1 ? after : Math.min(after, ((b + 1) * total) / bins);
      if (!(to > from)) continue;
      const share = (to - from) / w;
      out.weight[b]! += share * w;
      out.hits[b]! += share * hits[i]!;
      out.confidence[b]! += share * confidence[i]!;
    }
    before = after;
  }
  return out;
}

/** Sums of the rows of each confidence, by rising confidence; without the rows of weight 0. */
function tied({ weight, hits, confidence }: Confidences): Confidences {
  const kept = Array.from(weight.keys()).filter((i) => weight[i]! > 0);
  // NaN goes last, and makes its bin NaN.
  const order = Float64Array.from(kept, (i) => confidence[i]!).sort();
  const distinct = order.filter((c, i) => i === 0 || !Object.is(c, order[i - 1]));
  const place = new Map(Array.from(distinct, (c, i) => [c, i]));
  const size = distinct.length;
  const out = {
    weight: new Float64Array(size),
    hits: new Float64Array(size),
    confidence: new Float64Array(size),
  };
  for (const i of kept) {
    const at = place.get(confidence[i]!)!;
    out.weight[at]! += weight[i]!;
    out.hits[at]! += weight[i]! * hits[i]!;
    out.confidence[at]! += weight[i]! * confidence[i]!;
  }
  return out;
}
