import { dataView, utf8 } from './bytes.ts';
import { FormatError } from './format-error.ts';

/** A file in an archive, as the archive's directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly compressed: boolean;
  /** As they are stored. */
  readonly bytes: Uint8Array;
  /** When inflated. */
  readonly size: number;
  readonly crc: number;
}

const signatures = {
  local: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
};

/**
 * The files of a zip archive, nothing inflated. The directory is read here because readers that inflate
 * check neither checksums nor whether entries overlap, which is how small archives claim terabytes.
 *
 * @throws FormatError for anything but stored and deflated files that lie apart from one another
 */
export function zipEntries(where: string, bytes: Uint8Array): ZipEntry[] {
  const archive = new Archive(where, bytes);
  const { count, offset } = archive.directory();
  // An entry takes 46 bytes at least.
  if (count > bytes.length / 46) archive.fail(`it claims ${count} files in ${bytes.length} bytes`);
  const entries: ZipEntry[] = [];
  const ranges: { from: number; to: number }[] = [];
  let at = offset;
  for (let i = 0; i < count; i++) {
    const { entry, range, next } = archive.entry(at);
    at = next;
    entries.push(entry);
    ranges.push(range);
  }
  ranges.sort((a, b) => a.from - b.from);
  if (ranges.some(({ from }, i) => i > 0 && from < ranges[i - 1]!.to))
    archive.fail('files in it overlap');
  if (new Set(entries.map(({ name }) => name)).size < count)
    archive.fail('two files have one name');
  return entries;
}

interface Located {
  readonly entry: ZipEntry;
  /** The bytes of the file with its own header. */
  readonly range: { readonly from: number; readonly to: number };
  readonly next: number;
}

class Archive {
  readonly #where: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(where: string, bytes: Uint8Array) {
    this.#where = where;
    this.#bytes = bytes;
    this.#view = dataView(bytes);
  }

  fail(problem: string): never {
    throw new FormatError(
      `${this.#where}: bad zip archive, ${problem}.\n  The file is cut short or damaged, or no .npz file.`,
    );
  }

  directory(): { readonly count: number; readonly offset: number } {
    const end = this.#findEnd();
    const short = { count: this.#u16(end + 10), offset: this.#u32(end + 16) };
    const is64 = end >= 20 && this.#u32(end - 20) === signatures.locator64;
    if (!is64) return short;
    const end64 = this.#u64(end - 20 + 8);
    if (this.#u32(end64) !== signatures.end64) this.fail('its end record is missing');
    return { count: this.#u64(end64 + 32), offset: this.#u64(end64 + 48) };
  }

  entry(at: number): Located {
    if (this.#u32(at) !== signatures.entry) this.fail(`there is no entry at byte ${at}`);
    const flags = this.#u16(at + 8);
    const method = this.#u16(at + 10);
    const crc = this.#u32(at + 16);
    const [nameLength, extraLength] = [this.#u16(at + 28), this.#u16(at + 30)];
    const next = at + 46 + nameLength + extraLength + this.#u16(at + 32);
    const name = utf8(this.#where, this.#slice(at + 46, nameLength));
    const wide = this.#wide(at + 46 + nameLength, extraLength);
    const number = (offset: number): number => {
      const value = this.#u32(offset);
      return value === 0xffffffff ? (wide.shift() ?? this.fail(`'${name}' has no size`)) : value;
    };
    const [size, packed, local] = [number(at + 24), number(at + 20), number(at + 42)];
    if (flags & 1) this.fail(`'${name}' is encrypted`);
    if (method !== 0 && method !== 8)
      this.fail(`'${name}' is compressed by method ${method}, not deflated`);
    if (this.#u32(local) !== signatures.local) this.fail(`'${name}' is not where it should be`);
    const start = local + 30 + this.#u16(local + 26) + this.#u16(local + 28);
    const bytes = this.#slice(start, packed);
    if (method === 0 && size !== packed)
      this.fail(`'${name}' is stored in ${packed} bytes, but has ${size}`);
    const entry = { name, compressed: method === 8, bytes, size, crc };
    return { entry, range: { from: local, to: start + packed }, next };
  }

  /** The end record is the last thing but for a comment, whose length it knows. */
  #findEnd(): number {
    const length = this.#bytes.length;
    for (let at = length - 22; at >= Math.max(0, length - 22 - 0xffff); at--) {
      if (this.#view.getUint32(at, true) !== signatures.end) continue;
      if (at + 22 + this.#u16(at + 20) === length) return at;
    }
    return this.fail(`there is no directory in these ${length} bytes`);
  }

  /** The 64-bit numbers of an entry (extra field 1), in the order in which they stand in for others. */
  #wide(at: number, length: number): number[] {
    const end = at + length;
    for (let field = at; field + 4 <= end; field += 4 + this.#u16(field + 2)) {
      if (this.#u16(field) !== 1) continue;
      const words = Math.floor(Math.min(this.#u16(field + 2), end - field - 4) / 8);
      return Array.from({ length: words }, (_, i) => this.#u64(field + 4 + 8 * i));
    }
    return [];
  }

  #slice(at: number, length: number): Uint8Array {
    this.#require(at, length);
    return this.#bytes.subarray(at, at + length);
  }

  #require(at: number, length: number): void {
    if (at + length > this.#bytes.length)
      this.fail(`it would go on to byte ${at + length} of ${this.#bytes.length}`);
  }

  #u16(at: number): number {
    this.#require(at, 2);
    return this.#view.getUint16(at, true);
  }

  #u32(at: number): number {
    this.#require(at, 4);
    return this.#view.getUint32(at, true);
  }

  #u64(at: number): number {
    this.#require(at, 8);
    const value = Number(this.#view.getBigUint64(at, true));
    return Number.isSafeInteger(value) ? value : this.fail('a size in it is above 2^53');
  }
}
