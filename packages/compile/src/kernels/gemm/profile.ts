import { ModuleWriter } from '../../wasm/module.ts';

/** What the engine can do, and what is known about how its compiler works. */
export interface Probe {
  /** 128-bit vectors. */
  readonly simd: boolean;
  /** Fused multiply-add. */
  readonly relaxed: boolean;
  /** Major version of V8; undefined elsewhere. */
  readonly v8: number | undefined;
  /** Whether pairs of vectors become 256-bit ones. */
  readonly wide: boolean;
}

/** What a caller knows about the engine, which no probe can tell. */
export interface EngineHints {
  /** `process.versions.v8`, where there is one. */
  readonly v8?: string | undefined;
  /** That the engine was started so that it widens pairs of vectors. @defaultValue false */
  readonly wide?: boolean | undefined;
}

/** How kernels are laid out for an engine. */
export interface Profile {
  /** Multiply and add in one rounding, if the processor does so. */
  readonly relaxed: boolean;
  /** Rows of the tile that is held in registers. */
  readonly rows: number;
  /** Vectors in each row of the tile. */
  readonly vectors: number;
  /** Steps along k in one turn of the inner loop. */
  readonly unroll: number;
  /** Vectors come in adjacent pairs, for engines that widen them. */
  readonly wide: boolean;
  /** The engine keeps loads where they are written, so fewer registers hold them. */
  readonly ordered: boolean;
}

const validates = (instruction: 'f32x4.add' | 'f32x4.relaxed_madd', operands: number): boolean => {
  const writer = new ModuleWriter(1);
  writer.function([], ['v128'], (code) => {
    for (let operand = 0; operand < operands; operand++) code.v128(new Uint8Array(16));
    code.op(instruction);
  });
  return WebAssembly.validate(writer.encode());
};

/** Asks the engine what it accepts. */
export const probeEngine = (hints: EngineHints = {}): Probe => {
  const major = Number.parseInt(hints.v8 ?? '', 10);
  return {
    simd: validates('f32x4.add', 2),
    relaxed: validates('f32x4.relaxed_madd', 3),
    v8: Number.isNaN(major) ? undefined : major,
    wide: hints.wide ?? false,
  };
};

/**
 * The profile for an engine.
 *
 * @param deterministic  results that are the same on every processor: no fused multiply-add
 */
export const profileFor = (probe: Probe, deterministic = false): Profile => {
  const relaxed = probe.relaxed && !deterministic;
  const ordered = probe.v8 !== undefined && probe.v8 >= 13;
  const rest = { relaxed, ordered, unroll: 1, wide: ordered && probe.wide };
  // Without fusion a product needs a register of its own, and two rows fewer fit.
  if (rest.wide) return { ...rest, rows: relaxed ? 6 : 4, vectors: 4 };
  if (ordered) return { ...rest, rows: relaxed ? 6 : 4, vectors: 2 };
  return relaxed ? { ...rest, rows: 2, vectors: 4 } : { ...rest, rows: 4, vectors: 2 };
};
