/** What primitives do at kinks and ties, in a word; composites say so with their cases. */
export const conventions: Readonly<Record<string, string>> = {
  abs: 'derivative 0 at 0',
  sqrt: 'infinite derivative at 0',
  norm: 'derivative 0 at the zero vector',
  max: 'ties share equally',
  maximum: 'ties share equally',
  minimum: 'ties share equally',
  pow: 'derivative 0 in the base at exponent 0',
  where: 'the branch not taken gets exactly 0',
  scatterAdd: 'repeated positions add up',
};
