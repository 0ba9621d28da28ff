/** The options that a function takes; typed so that none can be forgotten. */
export type OptionNames<Options> = Readonly<Record<keyof Required<Options>, true>>;

/**
 * Refuses options that a function does not have. TypeScript does so too; this is for JavaScript, where a
 * misspelt option would otherwise silently mean its default.
 *
 * @throws TypeError naming the unknown option and the known ones
 * @example
 * ```ts
 * requireOptions('adam', { lr: 0.1 }, { lr: true, eps: true });
 * ```
 */
export function requireOptions<Options extends object>(
  name: string,
  options: Options,
  known: OptionNames<Options>,
): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${name}: options must be an object, got ${typeof options}.`);
  }
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (unknown !== undefined) {
    throw new TypeError(
      `${name}: unknown option "${unknown}".\n  It takes ${Object.keys(known).join(', ')}.`,
    );
  }
}
