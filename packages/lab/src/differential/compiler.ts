import type { Transformation } from '@tikhonov/check';
import { allLowerings, type CompileOptions, compile } from '@tikhonov/compile';

/** The name of a way to compile. */
export type Variant =
  | 'all'
  | 'default'
  | 'hosted'
  | 'interpreted'
  | 'deterministic'
  | 'wide'
  | 'profiled';

/** How functions are compiled to be compared. */
const variants: Readonly<Record<Variant, CompileOptions>> = {
  /** All primitives by rules of their own. */
  all: { lowerings: allLowerings },
  /** As users compile. */
  default: {},
  /** What is not done element by element is run by its eager kernel, which the program calls. */
  hosted: { lowerings: { ...allLowerings, loops: new Map() } },
  /** Almost everything is run by its eager kernel. */
  interpreted: { lowerings: { maps: new Map(), cheap: new Set(), loops: new Map() } },
  deterministic: { deterministic: true },
  wide: { wide: true },
  /** With kernels that are timed. */
  profiled: { profile: true },
};

/** The names of all ways to compile. */
export const variantNames: readonly Variant[] = Object.keys(variants) as Variant[];

/** A function whose programs may be looked at. */
export type Inspectable = ReturnType<Transformation> & {
  explain?(): readonly { readonly graph: string }[];
};

/** A transformation whose functions may be looked at. */
export type Inspected = (...args: Parameters<Transformation>) => Inspectable;

/** What is compared with plain calls: the one place where functions are compiled here. */
export const compiledBy =
  (variant: Variant): Inspected =>
  (f) =>
    compile(f, variants[variant]);
