import Table from 'cli-table3';
import { reg } from 'tikhonov';
import { note, type Options, say, wholeNumber, writeLines } from './options.ts';
import { networkOf, type Overhead, type OverheadBudget } from './overhead.ts';
import { runScript } from './run.ts';

/**
 * `--overhead`: what a step costs with a method over one without. A method is measured in a process of its
 * own, as often as there are rounds; the round with the median ratio counts.
 */
export async function overhead(options: Options): Promise<void> {
  const measurable = reg.methods.filter((method) => networkOf(method) !== null);
  const ids = measurable.map(({ id }) => id);
  const chosen = options.methods?.split(',').map((id) => id.trim()) ?? ids;
  for (const id of chosen) {
    if (!ids.includes(id)) {
      throw new RangeError(`--methods: cannot measure "${id}".\n  Known: ${ids.join(', ')}.`);
    }
  }
  const budget: OverheadBudget = { warmup: 8, epochs: 40, steps: 16 };
  const rounds = wholeNumber('rounds', options, 3);
  const found: { readonly middle: Overhead; readonly medians: readonly number[] }[] = [];
  for (const id of chosen) {
    const tries: Overhead[] = [];
    for (let round = 0; round < rounds; round++) {
      tries.push(
        JSON.parse(await runScript('./overhead-child.js', [], [id, JSON.stringify(budget)])),
      );
    }
    tries.sort((a, b) => a.ratio.median - b.ratio.median);
    const middle = tries[Math.floor(tries.length / 2)]!;
    found.push({ middle, medians: tries.map(({ ratio }) => ratio.median) });
    note(`${id}: ${middle.ratio.median.toFixed(2)}`);
  }
  say(renderOverheads(found));
  writeLines(
    options,
    found.map(({ middle, medians }) => ({ overhead: middle.method, ...middle, medians })),
  );
}

function renderOverheads(
  found: readonly { readonly middle: Overhead; readonly medians: readonly number[] }[],
): string {
  const table = new Table({
    head: ['method', 'network', 'plain us', 'with us', 'ratio (p10 .. p90)', 'rounds'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { middle, medians } of found) {
    const { method, network, plainUs, methodUs, ratio } = middle;
    const range = [medians[0]!, medians.at(-1)!].map((x) => x.toFixed(2)).join(' .. ');
    table.push([
      method,
      network,
      plainUs.toFixed(0),
      methodUs.toFixed(0),
      `${ratio.median.toFixed(2)} x (${ratio.p10.toFixed(2)} .. ${ratio.p90.toFixed(2)})`,
      range,
    ]);
  }
  return table.toString();
}
