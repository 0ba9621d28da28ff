import { disagreements } from './agreement.ts';
import { choose } from './choose.ts';
import { isDisturbed } from './disturbance.ts';
import { fullBudget } from './measure.ts';
import { failure, type Measurement } from './measure-one.ts';
import { machine, type Options, say, unavailable, wholeNumber, writeLines } from './options.ts';
import { peers } from './peers/index.ts';
import { summarize } from './results.ts';
import { runRounds } from './run.ts';
import { renderResults } from './table.ts';
import { workloads } from './workloads/workload.ts';

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function progress(m: Measurement, round: number): void {
  const loud = isDisturbed(m.disturbance) ? `, disturbed: ${describe(m)}` : '';
  const what = m.failed ?? `${m.median.toPrecision(4)} us${loud}`;
  process.stderr.write(`round ${round + 1} ${m.workload} ${m.peer}: ${what}\n`);
}

const describe = ({ disturbance: { others, own } }: Measurement): string =>
  `others used ${percent(others)} of the machine, it had ${percent(own)} of a processor`;

/** The times of steps, side by side. Fails if a peer computes something else than the others. */
export async function times(options: Options): Promise<void> {
  const chosen = choose('--peers', options.peers, peers);
  const plan = {
    workloads: choose('--workloads', options.workloads, workloads),
    rounds: wholeNumber('rounds', options, 3),
    repeats: wholeNumber('repeats', options, 3, 0),
    budget: fullBudget,
  };
  const reasons = await unavailable(chosen);
  const running = chosen.filter(({ id }) => !reasons.has(id));
  const measured = await runRounds({ ...plan, peers: running }, progress);
  const results = plan.workloads.map(({ id }) => {
    const skipped = [...reasons].map(([peer, why]) => failure(peer, id, `skipped: ${why}`));
    return summarize(id, chosen, [...measured.get(id)!, skipped]);
  });
  const problems = plan.workloads.flatMap((workload) =>
    measured.get(workload.id)!.flatMap((round) => disagreements(workload, round)),
  );
  const ours = running.filter((peer) => peer.ours).map(({ id }) => id);
  const references = ours.length > 0 ? ours : running.slice(0, 1).map(({ id }) => id);
  const shown = results.map((each) => each.filter(({ id }) => !reasons.has(id)));
  say(renderResults(shown, references));
  const { node, cpu } = machine();
  say(`node ${node}, ${cpu}, rounds: ${plan.rounds}`);
  if (shown.flat().some(({ disturbed }) => disturbed)) {
    say('~ disturbed in every round and every repeat: no figure to quote');
  }
  for (const problem of new Set(problems)) say(`WRONG ${problem}`);
  writeLines(options, results.flat());
  if (problems.length > 0) process.exitCode = 1;
}
