const bytesOf = (lanes: readonly number[]): number[] => {
  const size = 16 / lanes.length;
  return lanes.flatMap((lane) => Array.from({ length: size }, (_, byte) => lane * size + byte));
};

/** Ways to choose from two vectors, in the order of their bytes. */
export const shuffles: Readonly<
  Record<'lowLanes' | 'highLanes' | 'lowPairs' | 'highPairs', readonly number[]>
> = {
  /** `[x0, y0, x1, y1]` of four lanes. */
  lowLanes: /* @__PURE__ */ bytesOf([0, 4, 1, 5]),
  highLanes: /* @__PURE__ */ bytesOf([2, 6, 3, 7]),
  /** `[x0, y0]` of two lanes. */
  lowPairs: /* @__PURE__ */ bytesOf([0, 2]),
  highPairs: /* @__PURE__ */ bytesOf([1, 3]),
};
