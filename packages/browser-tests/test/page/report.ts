import { type Mode, type Trained, train } from './training.ts';
import { violations } from './violations.ts';

/** What a page, or a worker, sends when it is done. */
export interface Report {
  /** Null if it threw. */
  readonly trained: Trained | null;
  readonly error: { readonly name: string; readonly message: string } | null;
  readonly violations: readonly string[];
}

/** An error without its stack. */
export const describe = (error: unknown): Report['error'] =>
  error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: typeof error, message: String(error) };

/** Trains, and waits until the browser has said what it refused meanwhile. */
export async function makeReport(mode: Mode): Promise<Report> {
  let trained: Trained | null = null;
  let error: Report['error'] = null;
  try {
    trained = train(mode);
  } catch (thrown) {
    error = describe(thrown);
  }
  // Violations are events of their own, which come when the script lets go.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { trained, error, violations: [...violations] };
}
