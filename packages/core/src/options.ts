import { hasAval, kindOf, showValue } from './errors.ts';

/** What an option must be: its `typeof`, or `true` for anything (its function checks it). */
export type OptionKind = true | 'boolean' | 'number' | 'string' | 'function' | 'object';

/** The options that a function takes; typed so that none can be forgotten. */
export type OptionNames<Options> = Readonly<Record<keyof Required<Options>, OptionKind>>;

/**
 * Refuses options that a function does not have, and those of another kind than it says. TypeScript does
 * so too; this is for JavaScript, where a misspelt option would otherwise silently mean its default.
 *
 * @throws TypeError naming the unknown option and the known ones, or the option of the wrong kind
 * @example
 * ```ts
 * const options: { lr?: number; eps?: number; amsgrad?: boolean } = { lr: 0.1, amsgrad: true };
 * requireOptions('adam', options, { lr: true, eps: true, amsgrad: 'boolean' });
 * ```
 */
export function requireOptions<Options extends object>(
  name: string,
  options: Options,
  known: OptionNames<Options>,
): void {
  if (
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options) ||
    (hasAval(options) && !('shape' in known))
  ) {
    throw new TypeError(`${name}: options must be an object, got ${misplaced(options, known)}`);
  }
  for (const key in options) {
    const kind = Object.hasOwn(known, key) ? known[key] : undefined;
    if (kind === undefined) {
      throw new TypeError(
        `${name}: unknown option "${key}".\n  It takes ${Object.keys(known).join(', ')}.`,
      );
    }
    const value = options[key];
    if (kind !== true && value !== undefined && typeof value !== kind) {
      const wanted = kind === 'boolean' ? 'true or false' : `a ${kind}`;
      throw new TypeError(`${name}: ${key} must be ${wanted}, got ${showValue(value)}.`);
    }
  }
}

/** What was given in place of options, and which option it may have been meant for. */
function misplaced(given: unknown, known: object): string {
  const seen =
    typeof given === 'object' && !Array.isArray(given) ? kindOf(given) : showValue(given);
  const names = typeof given === 'string' ? ['dtype', 'mode'] : ['axis', 'k', 'p'];
  const meant = names.find((key) => Object.hasOwn(known, key));
  return meant === undefined || seen === kindOf(given)
    ? `${seen}.`
    : `${seen}. Did you mean { ${meant}: ${seen} }?`;
}
