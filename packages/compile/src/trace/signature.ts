import { Cell, Tensor } from '@tikhonov/core';
import { kindOf, showShape, showValue } from '@tikhonov/core/engine';

/** Arguments taken apart: tensors, which are inputs, and everything else, which is part of the key. */
export interface Signature {
  readonly tensors: readonly Tensor[];
  /** Where each tensor lies, as in `0.weights`. */
  readonly paths: readonly string[];
  /** Equal for calls that one program serves. */
  readonly parts: readonly SignaturePart[];
  /** The arguments with other tensors in their places. */
  readonly rebuild: (tensors: readonly Tensor[]) => readonly unknown[];
}

/** What one place of the arguments contributes to the key. */
export interface SignaturePart {
  readonly path: string;
  readonly kind: 'tensor' | 'array' | 'object' | 'static';
  /** For a tensor its type; otherwise the value itself, compared by identity. */
  readonly key: unknown;
  readonly shown: string;
}

type Build = (tensors: readonly Tensor[]) => unknown;

/**
 * Takes arguments apart: arrays and object literals are walked, symbols among their keys included; the
 * rest is a leaf.
 *
 * @param labelOf  names a place for a message
 * @throws TypeError for a tree that contains itself
 */
export function signatureOf(
  args: readonly unknown[],
  labelOf: (path: string) => string = argumentAt,
): Signature {
  const tensors: Tensor[] = [];
  const paths: string[] = [];
  const parts: SignaturePart[] = [];
  const around = new Set<object>();
  const within = <T>(value: object, path: string, body: () => T): T => {
    if (around.has(value)) {
      throw new TypeError(
        `compile: ${labelOf(path)} contains itself.\n  Pass a tree: arrays and object literals without cycles.`,
      );
    }
    around.add(value);
    const made = body();
    around.delete(value);
    return made;
  };
  const visit = (value: unknown, path: string): Build => {
    if (value instanceof Tensor) {
      const at = tensors.length;
      tensors.push(value);
      paths.push(path);
      const type = `${value.dtype} ${showShape(value.shape)}`;
      parts.push({ path, kind: 'tensor', key: type, shown: type });
      return (others) => others[at];
    }
    if (Array.isArray(value)) {
      const shown = `an array of ${value.length}`;
      parts.push({ path, kind: 'array', key: value.length, shown });
      const items = within(value, path, () =>
        value.map((item, i) => visit(item, join(path, String(i)))),
      );
      return (others) => items.map((item) => item(others));
    }
    if (isLiteral(value)) {
      const names = Object.keys(value);
      parts.push({ path, kind: 'object', key: names.join('\0'), shown: `{ ${names.join(', ')} }` });
      const symbols = Object.getOwnPropertySymbols(value).filter((symbol) =>
        Object.prototype.propertyIsEnumerable.call(value, symbol),
      );
      const entries = within(value, path, () =>
        [...names, ...symbols].map((name) => {
          const place = join(path, String(name));
          if (typeof name === 'symbol') {
            parts.push({ path: `${place} as key`, kind: 'static', key: name, shown: String(name) });
          }
          return [name, visit(value[name], place)] as const;
        }),
      );
      return (others) =>
        Object.fromEntries(entries.map(([name, item]) => [name, item(others)] as const));
    }
    parts.push({ path, kind: 'static', key: value, shown: showStatic(value) });
    return () => value;
  };
  const builds = args.map((arg, i) => visit(arg, String(i)));
  return { tensors, paths, parts, rebuild: (others) => builds.map((build) => build(others)) };
}

/** A place in the arguments, for messages. */
export const argumentAt = (path: string): string => `argument ${path}`;

/** Whether one program serves both calls; else the first place in which they differ. */
export function differenceOf(
  a: readonly SignaturePart[],
  b: readonly SignaturePart[],
): { readonly path: string; readonly before: string; readonly now: string } | null {
  const count = Math.max(a.length, b.length);
  for (let i = 0; i < count; i++) {
    const [before, now] = [a[i], b[i]];
    if (before !== undefined && now !== undefined && isSamePart(before, now)) continue;
    return {
      path: (now ?? before)!.path,
      before: before?.shown ?? 'nothing',
      now: now?.shown ?? 'nothing',
    };
  }
  return null;
}

/** Whether two parts are the same place with the same content. */
export const isSamePart = (a: SignaturePart, b: SignaturePart): boolean =>
  a.path === b.path && a.kind === b.kind && Object.is(a.key, b.key);

const join = (path: string, name: string): string => `${path}.${name}`;

function isLiteral(value: unknown): value is Record<string | symbol, unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Cell) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A value that is part of the key, for messages. */
function showStatic(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'function')
    return value.name === '' ? 'a function' : `a function ${value.name}`;
  return typeof value === 'object' && value !== null ? nameOf(value) : showValue(value);
}

/** `a Map`, `an Int32Array`. */
export function nameOf(value: object): string {
  const name = value.constructor?.name ?? '';
  if (name === '') return `an ${kindOf(value)}`;
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}
