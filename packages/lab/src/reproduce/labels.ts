/** Labels from low to high, moved up where they would lie over each other. */
export function apart<Label extends { readonly value: number }>(
  labels: readonly Label[],
  least: number,
): Label[] {
  let above = -Infinity;
  return [...labels]
    .sort((a, b) => a.value - b.value)
    .map((label) => {
      above = Math.max(label.value, above + least);
      return { ...label, value: above };
    });
}
