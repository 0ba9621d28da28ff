import { Cell, Tensor } from '@tikhonov/core';
import { kindOf, showShape } from '@tikhonov/core/engine';

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

/** Takes arguments apart: arrays and object literals are walked, the rest is a leaf. */
export function signatureOf(args: readonly unknown[]): Signature {
  const tensors: Tensor[] = [];
  const paths: string[] = [];
  const parts: SignaturePart[] = [];
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
      parts.push({
        path,
        kind: 'array',
        key: `array of ${value.length}`,
        shown: `an array of ${value.length}`,
      });
      const items = value.map((item, i) => visit(item, join(path, String(i))));
      return (others) => items.map((item) => item(others));
    }
    if (isLiteral(value)) {
      const names = Object.keys(value);
      parts.push({ path, kind: 'object', key: names.join('\0'), shown: `{ ${names.join(', ')} }` });
      const entries = Object.entries(value).map(
        ([name, item]) => [name, visit(item, join(path, name))] as const,
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

/** Whether one program serves both calls; else the first place in which they differ. */
export function differenceOf(
  a: readonly SignaturePart[],
  b: readonly SignaturePart[],
): { readonly path: string; readonly before: string; readonly now: string } | null {
  const count = Math.max(a.length, b.length);
  for (let i = 0; i < count; i++) {
    const [before, now] = [a[i], b[i]];
    if (before !== undefined && now !== undefined && before.path === now.path) {
      if (before.kind === now.kind && Object.is(before.key, now.key)) continue;
    }
    return {
      path: (now ?? before)!.path,
      before: before?.shown ?? 'nothing',
      now: now?.shown ?? 'nothing',
    };
  }
  return null;
}

const join = (path: string, name: string): string => `${path}.${name}`;

function isLiteral(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Cell) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const showStatic = (value: unknown): string =>
  typeof value === 'object' || typeof value === 'function' ? kindOf(value) : String(value);
