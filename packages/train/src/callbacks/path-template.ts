/** A path with places for values, such as `weights-{epoch:03d}-{validation.loss:.2f}.safetensors`. */
export interface PathTemplate {
  /** The values that it needs. */
  readonly names: readonly string[];
  /** A path that is filled in so, for looking whether there is a folder; null where it depends on values. */
  readonly sample: string | null;
  /** The path with values in place. */
  fill(numberOf: (name: string) => number): string;
}

/** A name, and how to write its number: as it is, `d` or `5d`, `05d`, `.2f`. */
const place = /\{([^{}:]*)(?::([^{}]*))?\}/g;
const format = /^(0?)(\d*)(?:d|\.(\d{1,2})f)$/;

/** @throws TypeError for what is no path, or a format that is not known */
export function pathTemplate(where: string, text: string): PathTemplate {
  if (typeof text !== 'string' || text === '') {
    throw new TypeError(`${where}: the path must be a text that is not empty, got '${text}'.`);
  }
  const names: string[] = [];
  for (const [whole, name = '', spec] of text.matchAll(place)) {
    if (spec !== undefined && !format.test(spec)) {
      throw new TypeError(
        `${where}: '${whole}' in the path has an unknown format.\n  There are d and .2f, with widths such as 03d.`,
      );
    }
    names.push(name);
  }
  const folder = text.slice(0, Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1);
  return {
    names,
    sample: folder.search(place) === -1 ? text.replace(place, '0') : null,
    fill: (numberOf) =>
      text.replace(place, (_whole, name: string, spec?: string) => written(numberOf(name), spec)),
  };
}

function written(value: number, spec: string | undefined): string {
  if (spec === undefined) return String(value);
  const [, zero, width, digits] = format.exec(spec)!;
  const text = value.toFixed(digits === undefined ? 0 : Number(digits));
  return text.padStart(Number(width), zero === '0' ? '0' : ' ');
}
