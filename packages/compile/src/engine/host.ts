/** Where flags of V8 are set: Node's `v8` module. */
export interface FlagSetter {
  setFlagsFromString(flags: string): void;
}

/** What is known about the process that a program is built in. */
export interface Host {
  /** Null in browsers and other engines. */
  readonly flags: FlagSetter | null;
  /** `process.versions.v8`, where there is one. */
  readonly v8: string | undefined;
  readonly arch: string | undefined;
  /** Flags that the process was started with. */
  readonly started: readonly string[];
}

interface NodeProcess {
  readonly versions?: { readonly v8?: string; readonly node?: string };
  readonly arch?: string;
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly getBuiltinModule?: (id: string) => unknown;
}

/** The host of this process. Nothing is imported, so that bundles for browsers need no `node:v8`. */
export function hostHere(): Host {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const found =
    process?.versions?.node === undefined ? null : process.getBuiltinModule?.('node:v8');
  return {
    flags: isFlagSetter(found) ? found : null,
    v8: process?.versions?.v8,
    arch: process?.arch,
    started: [...(process?.execArgv ?? []), ...(process?.env?.NODE_OPTIONS ?? '').split(/\s+/)].map(
      (flag) => flag.replaceAll('_', '-'),
    ),
  };
}

const isFlagSetter = (x: unknown): x is FlagSetter =>
  typeof x === 'object' && x !== null && 'setFlagsFromString' in x;

/** V8's major version, or undefined. */
export const majorOf = ({ v8 }: Host): number | undefined => {
  const major = Number.parseInt(v8 ?? '', 10);
  return Number.isNaN(major) ? undefined : major;
};
