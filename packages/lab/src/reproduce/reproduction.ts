import type { Reference } from '@tikhonov/regularizers';

/** What `--data` must name, for data that are not bundled. */
export interface NeededData {
  /** What the file or folder is, in a few words. */
  readonly what: string;
  /** Where to get it, or what is in it. */
  readonly hint: string;
}

/** What a reproduction is run with. */
export interface ReproduceContext<Input, Output> {
  /** How many seeds, and the first of them. */
  readonly seeds: number;
  readonly firstSeed: number;
  /** What `--data` names; null if it is not given. */
  readonly data: string | null;
  /** Whether to do the smallest thing that shows it works, as a test does. */
  readonly quick: boolean;
  /** Prints a line, unless nothing is to be printed. */
  say(line: string): void;
  /** Runs the reproduction's `task` for every input, on all cores, with a progress bar; in their order. */
  runTasks(inputs: readonly Input[], label?: (input: Input) => string): Promise<Output[]>;
}

/** A number of ours beside the one that is claimed. */
export interface Comparison {
  readonly what: string;
  readonly ours: number | string;
  /** What the source says; null where it gives no number. */
  readonly reference: number | string | null;
  /** Whether ours is as claimed; null for what is only shown. */
  readonly agrees: boolean | null;
  /** How near it must be, or between what it lies. */
  readonly rule: string;
}

/** A picture. */
export interface Figure {
  readonly title: string;
  readonly caption: string;
  /** SVG text, as `svg` renders it. */
  readonly svg: string;
}

/** Rows of texts under headings. */
export interface PlainTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What a reproduction gave. It follows from seeds and data alone. */
export interface Reproduced {
  /** Whether the claim was seen; null if too little was run to tell. */
  readonly holds: boolean | null;
  /** The verdict in a sentence or two, with the figures that decide it. */
  readonly verdict: string;
  readonly comparisons: readonly Comparison[];
  readonly figures: readonly Figure[];
  readonly tables?: readonly PlainTable[];
  /** What a reader should know: departures from the source, limits. */
  readonly notes?: readonly string[];
}

/** A published claim and the run that shows it, or does not. */
export interface Reproduction<Input = never, Output = unknown> {
  /** As on the command line. */
  readonly name: string;
  readonly title: string;
  /** What is claimed, in a sentence. */
  readonly claim: string;
  readonly reference: Reference;
  /** Default of `--seeds`; 1 for what draws nothing. */
  readonly seeds: number;
  readonly data?: NeededData;
  readonly run: (context: ReproduceContext<Input, Output>) => Promise<Reproduced>;
  /** One piece of the work, run in a thread: input and output must be plain data. */
  readonly task?: (input: Input) => Promise<Output>;
}

/** A reproduction whose tasks have lost their types, for lists. */
export type AnyReproduction = Reproduction<never, unknown>;

/** Checks a reproduction's types where it is written. */
export const reproduction = <Input, Output>(made: Reproduction<Input, Output>): AnyReproduction =>
  made as AnyReproduction;
