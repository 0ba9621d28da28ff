import type { ArgsDef } from 'citty';
import { closest, distance } from 'fastest-levenshtein';
import { UsageError } from './usage-error.ts';

/** What a number on the command line must be. */
export interface NumberRule {
  readonly integer?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Bounds that are themselves excluded. */
  readonly open?: 'min' | 'max' | 'both' | undefined;
}

/** A number from a flag's text, or a UsageError that says what is allowed. */
export function parseNumber(flag: string, text: string, rule: NumberRule): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const { min = -Infinity, max = Infinity, open } = rule;
  const above = open === 'min' || open === 'both' ? value > min : value >= min;
  const below = open === 'max' || open === 'both' ? value < max : value <= max;
  const whole = rule.integer !== true || Number.isSafeInteger(value);
  if (!Number.isFinite(value) || !above || !below || !whole) {
    throw new UsageError(`--${flag} must be ${describe(rule)}, got "${text}"`);
  }
  return value;
}

function describe({ integer, min, max, open }: NumberRule): string {
  const kind = integer === true ? 'a whole number' : 'a number';
  const low = open === 'min' || open === 'both' ? 'above' : 'at least';
  const high = open === 'max' || open === 'both' ? 'below' : 'at most';
  const bounds = [
    ...(min === undefined ? [] : [`${low} ${min}`]),
    ...(max === undefined ? [] : [`${high} ${max}`]),
  ];
  return bounds.length === 0 ? kind : `${kind} ${bounds.join(' and ')}`;
}

/** Names in a comma-separated list, each one of `known`. */
export function parseNames(flag: string, text: string, known: readonly string[]): string[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    throw new UsageError(
      `--${flag}: unknown name "${wrong}"${suggestion(wrong, known)}; known: ${known.join(', ')}`,
    );
  }
  return [...new Set(names)];
}

/** Refuses flags that the command does not have, values that are missing, and stray words. */
export function checkFlags(rawArgs: readonly string[], args: ArgsDef): void {
  const known = Object.keys(args);
  const given = new Set<string>();
  for (let i = 0; i < rawArgs.length; i++) {
    const word = rawArgs[i]!;
    if (!word.startsWith('--') || word === '--') {
      throw new UsageError(`unexpected argument "${word}"; options begin with --`);
    }
    const [name, inline] = word.slice(2).split(/=(.*)/s);
    const definition = Object.hasOwn(args, name!) ? args[name!] : undefined;
    if (definition === undefined) {
      throw new UsageError(`unknown option --${name}${suggestion(name!, known, '--')}; see --help`);
    }
    if (given.has(name!)) throw new UsageError(`--${name} is given twice`);
    given.add(name!);
    if (definition.type === 'boolean') {
      if (inline !== undefined) throw new UsageError(`--${name} takes no value`);
      continue;
    }
    const value = inline ?? rawArgs[++i];
    if (value === undefined || (inline === undefined && value.startsWith('--'))) {
      throw new UsageError(`--${name} needs a value`);
    }
  }
}

/** ` (did you mean x?)`, or nothing if none is near. */
export function suggestion(name: string, known: readonly string[], prefix = ''): string {
  const near = closest(name, [...known]);
  return distance(name, near) <= Math.min(3, Math.ceil(name.length / 2))
    ? ` (did you mean ${prefix}${near}?)`
    : '';
}
