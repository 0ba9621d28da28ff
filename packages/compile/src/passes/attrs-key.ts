/**
 * A function that writes attributes as text, which is the same for two of them if and only if they are
 * the same: numbers to the sign of 0, functions and other objects with a class by their identity.
 */
export function keyOfAttrs(): (attrs: unknown) => string {
  const identities = new Map<unknown, number>();
  const known = new WeakMap<object, string>();
  const identity = (value: unknown): string => {
    const held = identities.get(value) ?? identities.size;
    identities.set(value, held);
    return `#${held}`;
  };
  const write = (value: unknown): string => {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'function' ? identity(value) : String(value);
    }
    if (Array.isArray(value)) return `[${value.map(write).join()}]`;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return identity(value);
    let text = '{';
    for (const [name, held] of Object.entries(value)) text += `${name}:${write(held)};`;
    return `${text}}`;
  };
  return (attrs) => {
    if (typeof attrs !== 'object' || attrs === null) return write(attrs);
    const before = known.get(attrs);
    if (before !== undefined) return before;
    const text = write(attrs);
    known.set(attrs, text);
    return text;
  };
}
