import { parentPort, workerData } from 'node:worker_threads';
import { runLaw } from '@tikhonov/check';
import { precisions } from '@tikhonov/golden';
import { runObjective } from '@tikhonov/golden/objective';
import { laws } from '@tikhonov/regularizers/laws';

/** What a thread is told to do. */
export interface JudgeTask {
  readonly method: string;
  /** Cases of each law. */
  readonly runs: number;
  readonly seed: number;
}

/** What it finds: the law or the reference case that notices; null if none does. */
export interface Verdict {
  readonly caughtBy: string | null;
  readonly problem: string;
}

/** Tries the laws of a method, then all reference values in both precisions. */
function judge({ method, runs, seed }: JudgeTask): Verdict {
  for (const law of laws.filter(({ id }) => id.startsWith(`${method}/`))) {
    const { holds, counterexample } = runLaw(law, { runs, seed });
    if (!holds) return { caughtBy: law.id, problem: counterexample?.text ?? '' };
  }
  for (const [dtype, tolerance] of precisions) {
    const wrong = runObjective(dtype, tolerance).find(({ status }) => status === 'mismatch');
    if (wrong === undefined) continue;
    return { caughtBy: `reference ${wrong.id} (${dtype})`, problem: wrong.problems[0] ?? '' };
  }
  return { caughtBy: null, problem: '' };
}

parentPort?.postMessage(judge(workerData as JudgeTask));
