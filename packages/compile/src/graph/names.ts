import type * as engine from '@tikhonov/core/engine';
import type { AnyPrimitive } from '@tikhonov/core/engine';

// Tables go by the names of primitives, which are unique: a program that mentions one need not contain it.

type Engine = typeof engine;

/** Core's primitives: `addP` under `add`. */
type Primitives = {
  readonly [Key in keyof Engine as Key extends `${infer Name}P` ? Name : never]: Engine[Key];
};

/** The name of a primitive of core. */
export type PrimitiveName = keyof Primitives;

/** The type of a primitive of core. */
export type PrimitiveOf<Name extends PrimitiveName> = Primitives[Name];

/** The attributes of a primitive of core. */
export type AttrsOf<Name extends PrimitiveName> = Primitives[Name] extends {
  readonly forward: (inputs: never, attrs: infer Attrs) => unknown;
}
  ? Attrs
  : never;

/** Whether a primitive is that of core. */
export const isNamed = ({ name }: AnyPrimitive, wanted: PrimitiveName): boolean => name === wanted;

/** The primitives whose results' elements depend on the elements at the same place of their operands. */
export const mapNames: readonly PrimitiveName[] = [
  'abs',
  'acos',
  'acosh',
  'add',
  'asin',
  'asinh',
  'astype',
  'atan',
  'atan2',
  'atanh',
  'axpby',
  'cos',
  'cosh',
  'div',
  'equal',
  'erf',
  'erfc',
  'erfinv',
  'exp',
  'expm1',
  'floor',
  'floorDivide',
  'less',
  'lessEqual',
  'log',
  'log10',
  'log1p',
  'log2',
  'logicalAnd',
  'logicalNot',
  'maximum',
  'minimum',
  'mul',
  'neg',
  'notEqual',
  'portableExp',
  'portableLog',
  'pow',
  'remainder',
  'round',
  'sigmoid',
  'sign',
  'sin',
  'sinh',
  'softplus',
  'sqrt',
  'sub',
  'tanh',
  'where',
];

const maps: ReadonlySet<string> = /* @__PURE__ */ new Set(mapNames);

/** Whether a primitive is one of those. */
export const isMap = ({ name }: AnyPrimitive): boolean => maps.has(name);
