import { data, random, reg, train } from 'tikhonov';
import { spreadOf } from './statistics.ts';

/** How many epochs are timed, after how many that are not, and of how many steps each is. */
export interface OverheadBudget {
  readonly warmup: number;
  readonly epochs: number;
  readonly steps: number;
}

/** The time of a training with a method over that without, epoch by epoch. */
export interface Overhead {
  readonly method: string;
  readonly network: reg.NetworkKind;
  /** Of a step, in microseconds: medians over the epochs. */
  readonly plainUs: number;
  readonly methodUs: number;
  /** Of each epoch with the method to the one without that ran just before. */
  readonly ratio: { readonly median: number; readonly p10: number; readonly p90: number };
}

const batchSize = 64;

/** W4's network for methods of any network; else the smallest of what they act on. */
const networks: Readonly<Record<reg.NetworkKind, reg.NetworkSpec>> = {
  mlp: { kind: 'mlp', hidden: [256] },
  cnn: { kind: 'cnn', channels: [8, 16], hidden: [64] },
  resnet: { kind: 'resnet', channels: [8, 16], blocks: 2 },
};

/** The kind of network that the overhead of a method is measured on; null if plans have none for it. */
export function networkOf(method: reg.Method): reg.NetworkKind | null {
  const kinds = method.networks ?? (['mlp'] as const);
  return kinds.includes('mlp') ? 'mlp' : (kinds[0] ?? null);
}

/** Two trainings that take turns: one epoch of the one, one of the other. */
class Turns {
  #waiting: (() => void) | null = null;

  /** Lets the other go on, and waits until it gives the turn back. */
  async pass(): Promise<void> {
    const other = this.#waiting;
    const back = new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
    other?.();
    await back;
  }

  /** Lets the other go on for good. */
  leave(): void {
    this.#waiting?.();
    this.#waiting = null;
  }
}

/**
 * Trains two compiled networks from the same weights on the same random images, with and without the
 * method at its defaults, epoch by epoch in turns, so that what disturbs the machine meets both.
 */
export async function measureOverhead(id: string, budget: OverheadBudget): Promise<Overhead> {
  const method = reg.findMethod(id);
  const network = networkOf(method);
  if (network === null) throw new RangeError(`bench: ${id} acts on no network of the plans.`);
  const rows = images(batchSize * budget.steps);
  const turns = new Turns();
  const epochs = budget.warmup + budget.epochs;
  const timed = async (plan: reg.TrainingPlan, waits: boolean): Promise<number[]> => {
    const { model, options } = reg.configure(plan, {
      task: { classes: 10, features: 784, imageShape: [1, 28, 28], rows: rows.size },
      network: networks[network],
      lr: 1e-3,
      seed: 0,
      key: random.key(0),
    });
    const times: number[] = [];
    let started = 0;
    const clock: train.Callback = {
      async onEpochBegin(epoch) {
        if (epoch > 1 || waits) await turns.pass();
        started = performance.now();
      },
      onEpochEnd() {
        times.push(performance.now() - started);
      },
    };
    // Callbacks of the method may stop the training or look at a validation set: that is not its step.
    const { callbacks: _callbacks, ...objective } = options;
    await train.fit(model, {
      ...objective,
      train: rows,
      epochs,
      batchSize,
      metrics: {},
      seed: 0,
      callbacks: [clock],
    });
    turns.leave();
    return times.slice(budget.warmup);
  };
  // The second to be called waits at once, for the first one's first turn.
  const second = timed(method.recipe(reg.plainPlan, {}), true);
  const [plain, own] = await Promise.all([timed(reg.plainPlan, false), second]);
  const stepUs = (times: readonly number[]): number =>
    (spreadOf(times).median * 1000) / budget.steps;
  return {
    method: id,
    network,
    plainUs: stepUs(plain),
    methodUs: stepUs(own),
    ratio: spreadOf(own.map((time, i) => time / plain[i]!)),
  };
}

/** Images and labels at random: time does not depend on what is on them. */
function images(count: number): data.Dataset {
  return new data.Dataset({
    x: random.uniform(random.key(1), [count, 784]),
    y: random.randint(random.key(2), [count], 0, 10),
    classes: 10,
  });
}
