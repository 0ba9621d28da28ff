import { stack, Tensor } from '@tikhonov/core';
import { mismatch } from '../golden-file.ts';
import { isStored, type Json } from './case.ts';

/** What is wrong with a result, one line each. Lists of tensors are compared with one tensor as its rows. */
export function differences(what: string, got: unknown, want: Json, tol: number): string[] {
  if (isStored(want)) {
    const whole = Array.isArray(got) && got.length > 0 ? stack(got as readonly Tensor[]) : got;
    if (!(whole instanceof Tensor)) return [`${what}: no tensor but ${show(got)}`];
    return found(what, mismatch(whole, want, tol));
  }
  if (typeof want === 'number') {
    if (got instanceof Tensor) return found(what, mismatch(got, { shape: [], data: [want] }, tol));
    const near = typeof got === 'number' && Math.abs(got - want) <= tol * (1 + Math.abs(want));
    return near ? [] : [`${what}: ${show(got)} instead of ${want}`];
  }
  if (typeof want !== 'object' || want === null) {
    return got === want ? [] : [`${what}: ${show(got)} instead of ${show(want)}`];
  }
  if (typeof got !== 'object' || got === null || got instanceof Tensor) {
    return [`${what}: ${show(got)} instead of a list`];
  }
  const [own, keys] = [Object.entries(got), Object.keys(want)];
  if (own.length !== keys.length) {
    return [`${what}: ${own.length} entries instead of ${keys.length}`];
  }
  const entries = Object.fromEntries(own);
  return Object.entries(want).flatMap(([key, value]) =>
    differences(`${what}.${key}`, entries[key], value, tol),
  );
}

const found = (what: string, wrong: string | null): string[] =>
  wrong === null ? [] : [`${what}: ${wrong}`];

const show = (value: unknown): string =>
  value instanceof Tensor ? String(value) : (JSON.stringify(value) ?? String(value));
