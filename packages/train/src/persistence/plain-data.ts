import { Tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import { FormatError } from '@tikhonov/data';
import { type Json, parseJson } from './json-text.ts';

/** What a checkpoint can hold: what JSON has, every number there is, and tensors. */
export type PlainData =
  | string
  | number
  | boolean
  | null
  | undefined
  | Tensor
  | readonly PlainData[]
  | { readonly [name: string]: PlainData };

/** Data as text, and the tensors in it by the names that the text has for them. */
export interface EncodedData {
  readonly text: string;
  readonly tensors: Record<string, Tensor>;
}

/**
 * Data as JSON, exactly: NaN, infinities and -0 as `{"$number":"NaN"}`, tensors as `{"$tensor":"data.0"}`.
 *
 * @throws TypeError naming what is neither data nor a tensor
 */
export function encodeData(where: string, data: PlainData): EncodedData {
  const tensors: Record<string, Tensor> = {};
  let count = 0;
  const encode = (value: PlainData, path: string): unknown => {
    if (value instanceof Tensor) {
      const name = `data.${count++}`;
      tensors[name] = value;
      return { $tensor: name };
    }
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $number: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (Array.isArray(value)) return value.map((item, i) => encode(item ?? null, `${path}[${i}]`));
    if (isRecord(value)) {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      const bad = entries.find(([name]) => name.startsWith('$') || name === '__proto__');
      if (bad !== undefined) throw unfit(where, `${path}.${bad[0]}`, 'a name that is reserved');
      return Object.fromEntries(
        entries.map(([name, item]) => [name, encode(item, `${path}.${name}`)]),
      );
    }
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
      throw unfit(where, path, kindOf(value));
    }
    return value;
  };
  const text = JSON.stringify(encode(data, 'state'));
  return { text, tensors };
}

/** Object literals only: an instance of a class would come back as something else. */
function isRecord(value: PlainData): value is { readonly [name: string]: PlainData } {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const unfit = (where: string, path: string, what: string): TypeError =>
  new TypeError(
    `${where}: ${path} is ${what}, which cannot be saved.\n  A state is made of numbers, texts, lists, object literals and tensors.`,
  );

/**
 * The data that `encodeData` wrote.
 *
 * @throws FormatError for any other text
 */
export function decodeData(where: string, { text, tensors }: EncodedData): PlainData {
  const decode = (value: Json): PlainData => {
    if (!(value instanceof Map))
      return Array.isArray(value) ? value.map(decode) : (value as PlainData);
    const [first] = value;
    if (value.size === 1 && first?.[0].startsWith('$')) return special(where, first, tensors);
    const entries = [...value].map(([name, item]): [string, PlainData] => {
      if (name === '__proto__') {
        throw new FormatError(`${where}: a value is called __proto__.\n  The file is damaged.`);
      }
      return [name, decode(item)];
    });
    return Object.fromEntries(entries);
  };
  return decode(parseJson(where, text));
}

const numbers: ReadonlyMap<Json, number> = /* @__PURE__ */ new Map([
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

function special(
  where: string,
  [kind, name]: readonly [string, Json],
  tensors: Readonly<Record<string, Tensor>>,
): PlainData {
  const number = kind === '$number' ? numbers.get(name) : undefined;
  if (number !== undefined) return number;
  if (kind === '$tensor' && typeof name === 'string' && Object.hasOwn(tensors, name))
    return tensors[name];
  throw new FormatError(
    `${where}: the state has an unknown value ${kind}.\n  The file is damaged.`,
  );
}
