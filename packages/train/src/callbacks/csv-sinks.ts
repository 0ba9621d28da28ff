import { requireWritable, writeFileAtomically } from '../persistence/files.ts';
import { nodeFiles } from '../persistence/node-modules.ts';
import type { PlainData } from '../persistence/plain-data.ts';
import { savedState } from './saved-state.ts';

/** Where rows go, and what it needs to go on after a training was resumed. */
export interface TextSink {
  /** Before the first row. */
  begin(): Promise<void>;
  /** Writes a row; in front of the first one, the header. */
  write(row: string, header: string): Promise<void>;
  stateDict(): PlainData;
  loadStateDict(state: PlainData): void;
}

/** Something with `write`, which cannot take back. */
export function csvStream(to: { write(text: string): unknown }): TextSink {
  let hasHeader = false;
  return {
    async begin() {},
    async write(row, header) {
      const text = hasHeader ? row : header + row;
      hasHeader = true;
      await to.write(text);
    },
    stateDict: () => ({ hasHeader }),
    loadStateDict(state) {
      hasHeader = savedState('csvLogger', state, ['hasHeader']).hasHeader === true;
    },
  };
}

/** A file. Its state has all that was written, so that rows behind a checkpoint can be taken back. */
export function csvFile(path: string, append: boolean): TextSink {
  /** What the training has written so far, and behind how many bytes of others. */
  let text = '';
  let start = 0;
  let isOpen = false;

  /** The first row of this process: the file becomes what it should be, whatever another one left. */
  const open = async (row: string, header: string): Promise<void> => {
    const kept = start === 0 ? new Uint8Array(0) : (await contents(path)).subarray(0, start);
    if (text === '') {
      text = start === 0 ? header : requireHeader(path, new TextDecoder().decode(kept), header);
    }
    text += row;
    const added = new TextEncoder().encode(text);
    const whole = new Uint8Array(kept.length + added.length);
    whole.set(kept);
    whole.set(added, kept.length);
    await writeFileAtomically(path, whole);
    isOpen = true;
  };

  return {
    async begin() {
      // An epoch would be lost before the first row said so.
      await requireWritable('csvLogger', path);
      start = append ? (await contents(path)).length : 0;
    },
    async write(row, header) {
      if (!isOpen) return open(row, header);
      text += row;
      const file = await nodeFiles('csvLogger').fs.open(path, 'a');
      try {
        await file.writeFile(new TextEncoder().encode(row));
        await file.sync();
      } finally {
        await file.close();
      }
    },
    stateDict: () => ({ text, start }),
    loadStateDict(state) {
      const was = savedState('csvLogger', state, ['text', 'start']);
      text = String(was.text);
      start = Number(was.start);
    },
  };
}

async function contents(path: string): Promise<Uint8Array> {
  try {
    return await nodeFiles('csvLogger').fs.readFile(path);
  } catch (error) {
    if ((error as { readonly code?: unknown } | null)?.code === 'ENOENT') return new Uint8Array(0);
    throw error;
  }
}

/** Rows under another header would mean something else. Returns what is missing at the end. */
function requireHeader(path: string, text: string, header: string): string {
  const first = text.slice(0, text.indexOf('\n') + 1).replace('\r\n', '\n') || `${text}\n`;
  if (first === header) return text.endsWith('\n') ? '' : '\n';
  throw new Error(
    `csvLogger: ${path} has the columns ${first.trim()}, this training has ${header.trim()}.\n  Give another file, or append: false.`,
  );
}
