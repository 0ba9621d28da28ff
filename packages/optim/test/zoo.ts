import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  adan,
  type CommonOptions,
  type LearningRate,
  lamb,
  lars,
  lion,
  nadam,
  type Optimizer,
  type OptimizerTarget,
  radam,
  rmsprop,
  sgd,
  sgdw,
} from '../src/index.ts';

/** What one parameter remembers between the steps of a reference. */
export type Memory = Record<string, number[]>;

/** One step of one parameter in plain loops: the new weights, from gradient and step number. */
export type Reference = (w: number[], g: number[], t: number, memory: Memory) => number[];

export interface Entry {
  readonly name: string;
  readonly make: (
    target: OptimizerTarget,
    options: CommonOptions & { lr: LearningRate },
  ) => Optimizer;
  /** With rate 0.05 and the settings of `make`, from the papers or PyTorch's documentation. */
  readonly reference: Reference;
  /** First rates of the quadratic and of Rosenbrock's function; they decay along a cosine, the second after a warm-up. */
  readonly rates: readonly [number, number];
}

const lr = 0.05;
const slot = (memory: Memory, name: string, like: number[], start = 0): number[] => {
  memory[name] ??= like.map(() => start);
  return memory[name];
};
const moment = (memory: Memory, name: string, beta: number, values: number[]): number[] => {
  const before = slot(memory, name, values);
  const after = values.map((x, i) => beta * before[i]! + (1 - beta) * x);
  memory[name] = after;
  return after;
};
const length = (x: number[]): number => Math.hypot(...x);

const adamDirection = (b1: number, b2: number, eps: number): Reference => {
  return (_w, g, t, memory) => {
    const m = moment(memory, 'm', b1, g);
    const v = moment(
      memory,
      'v',
      b2,
      g.map((x) => x * x),
    );
    return m.map((x, i) => x / (1 - b1 ** t) / (Math.sqrt(v[i]! / (1 - b2 ** t)) + eps));
  };
};

export const zoo: readonly Entry[] = [
  {
    name: 'sgd',
    make: (target, options) =>
      sgd(target, { momentum: 0.9, nesterov: true, weightDecay: 0.01, ...options }),
    reference: (w, g, _t, memory) => {
      const decayed = g.map((x, i) => x + 0.01 * w[i]!);
      const before = slot(memory, 'b', g);
      memory.b = decayed.map((x, i) => 0.9 * before[i]! + x);
      return w.map((x, i) => x - lr * (decayed[i]! + 0.9 * memory.b![i]!));
    },
    rates: [0.05, 1e-3],
  },
  {
    name: 'sgdw',
    make: (target, options) => sgdw(target, { momentum: 0.9, weightDecay: 0.01, ...options }),
    reference: (w, g, _t, memory) => {
      const before = slot(memory, 'b', g);
      memory.b = g.map((x, i) => 0.9 * before[i]! + x);
      return w.map((x, i) => x - lr * (memory.b![i]! + 0.01 * x));
    },
    rates: [0.05, 1e-3],
  },
  {
    name: 'adam',
    make: (target, options) => adam(target, { weightDecay: 0.01, ...options }),
    reference: (w, g, t, memory) => {
      const decayed = g.map((x, i) => x + 0.01 * w[i]!);
      const u = adamDirection(0.9, 0.999, 1e-8)(w, decayed, t, memory);
      return w.map((x, i) => x - lr * u[i]!);
    },
    rates: [0.1, 0.1],
  },
  {
    name: 'adamw',
    make: (target, options) => adamw(target, { weightDecay: 0.01, ...options }),
    reference: (w, g, t, memory) => {
      const u = adamDirection(0.9, 0.999, 1e-8)(w, g, t, memory);
      return w.map((x, i) => x * (1 - lr * 0.01) - lr * u[i]!);
    },
    rates: [0.1, 0.1],
  },
  {
    name: 'adamw, independent decay',
    make: (target, options) =>
      adamw(target, { weightDecay: 1e-3, independentDecay: true, ...options }),
    reference: (w, g, t, memory) => {
      const u = adamDirection(0.9, 0.999, 1e-8)(w, g, t, memory);
      return w.map((x, i) => x - lr * u[i]! - 1e-3 * x);
    },
    rates: [0.1, 0.1],
  },
  {
    name: 'nadam',
    make: (target, options) => nadam(target, { weightDecay: 0.01, ...options }),
    reference: (w, g, t, memory) => {
      const decayed = g.map((x, i) => x + 0.01 * w[i]!);
      const share = (k: number): number => 0.9 * (1 - 0.5 * 0.96 ** (k * 4e-3));
      let product = 1;
      for (let k = 1; k <= t; k++) product *= share(k);
      const m = moment(memory, 'm', 0.9, decayed);
      const v = moment(
        memory,
        'v',
        0.999,
        decayed.map((x) => x * x),
      );
      return w.map((x, i) => {
        const root = Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8;
        const now = ((lr * (1 - share(t))) / (1 - product)) * (decayed[i]! / root);
        const next = ((lr * share(t + 1)) / (1 - product * share(t + 1))) * (m[i]! / root);
        return x - now - next;
      });
    },
    rates: [0.1, 0.1],
  },
  {
    name: 'nadam, decoupled decay',
    make: (target, options) =>
      nadam(target, { weightDecay: 0.01, decoupledWeightDecay: true, ...options }),
    reference: (w, g, t, memory) => {
      const plain = zoo.find(({ name }) => name === 'nadam')!.reference;
      // Coupled decay of weights that are 0 is none.
      const moved = plain(
        w.map(() => 0),
        g,
        t,
        memory,
      );
      return w.map((x, i) => x * (1 - lr * 0.01) + moved[i]!);
    },
    rates: [0.1, 0.1],
  },
  {
    name: 'radam',
    make: (target, options) => radam(target, { weightDecay: 0.01, ...options }),
    reference: (w, g, t, memory) => {
      const [b1, b2] = [0.9, 0.999];
      const decayed = g.map((x, i) => x + 0.01 * w[i]!);
      const m = moment(memory, 'm', b1, decayed);
      const v = moment(
        memory,
        'v',
        b2,
        decayed.map((x) => x * x),
      );
      const limit = 2 / (1 - b2) - 1;
      const rho = limit - (2 * t * b2 ** t) / (1 - b2 ** t);
      const rectified =
        rho > 5
          ? Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho))
          : null;
      return w.map((x, i) => {
        const mean = m[i]! / (1 - b1 ** t);
        if (rectified === null) return x - lr * mean;
        return x - lr * rectified * mean * (Math.sqrt(1 - b2 ** t) / (Math.sqrt(v[i]!) + 1e-8));
      });
    },
    rates: [0.1, 0.05],
  },
  {
    name: 'adamax',
    make: (target, options) => adamax(target, { weightDecay: 0.01, ...options }),
    reference: (w, g, t, memory) => {
      const decayed = g.map((x, i) => x + 0.01 * w[i]!);
      const m = moment(memory, 'm', 0.9, decayed);
      const before = slot(memory, 'u', g);
      memory.u = decayed.map((x, i) => Math.max(0.999 * before[i]!, Math.abs(x) + 1e-8));
      return w.map((x, i) => x - ((lr / (1 - 0.9 ** t)) * m[i]!) / memory.u![i]!);
    },
    rates: [0.2, 0.5],
  },
  {
    name: 'rmsprop',
    make: (target, options) =>
      rmsprop(target, { centered: true, momentum: 0.5, weightDecay: 0.01, ...options }),
    reference: (w, g, _t, memory) => {
      const decayed = g.map((x, i) => x + 0.01 * w[i]!);
      const mean = moment(memory, 'm', 0.99, decayed);
      const v = moment(
        memory,
        'v',
        0.99,
        decayed.map((x) => x * x),
      );
      const before = slot(memory, 'b', g);
      memory.b = decayed.map(
        (x, i) => 0.5 * before[i]! + x / (Math.sqrt(v[i]! - mean[i]! ** 2) + 1e-8),
      );
      return w.map((x, i) => x - lr * memory.b![i]!);
    },
    rates: [0.01, 5e-3],
  },
  {
    name: 'adagrad',
    make: (target, options) => adagrad(target, { lrDecay: 1e-3, weightDecay: 0.01, ...options }),
    reference: (w, g, t, memory) => {
      const decayed = g.map((x, i) => x + 0.01 * w[i]!);
      const before = slot(memory, 's', g);
      memory.s = decayed.map((x, i) => before[i]! + x * x);
      return w.map(
        (x, i) =>
          x - ((lr / (1 + (t - 1) * 1e-3)) * decayed[i]!) / (Math.sqrt(memory.s![i]!) + 1e-10),
      );
    },
    rates: [1, 1],
  },
  {
    name: 'adadelta',
    make: (target, options) => adadelta(target, { eps: 1e-4, weightDecay: 0.01, ...options }),
    reference: (w, g, _t, memory) => {
      const decayed = g.map((x, i) => x + 0.01 * w[i]!);
      const v = moment(
        memory,
        'v',
        0.9,
        decayed.map((x) => x * x),
      );
      const before = slot(memory, 'd', g);
      const u = decayed.map((x, i) => (Math.sqrt(before[i]! + 1e-4) / Math.sqrt(v[i]! + 1e-4)) * x);
      moment(
        memory,
        'd',
        0.9,
        u.map((x) => x * x),
      );
      return w.map((x, i) => x - lr * u[i]!);
    },
    rates: [1, 1],
  },
  {
    name: 'lion',
    make: (target, options) => lion(target, { weightDecay: 0.01, ...options }),
    reference: (w, g, _t, memory) => {
      const before = slot(memory, 'm', g);
      const u = g.map((x, i) => Math.sign(0.9 * before[i]! + (1 - 0.9) * x));
      moment(memory, 'm', 0.99, g);
      return w.map((x, i) => x - lr * (u[i]! + 0.01 * x));
    },
    rates: [0.05, 0.02],
  },
  {
    name: 'lamb',
    make: (target, options) => lamb(target, { weightDecay: 0.01, ...options }),
    reference: (w, g, t, memory) => {
      const u = adamDirection(0.9, 0.999, 1e-6)(w, g, t, memory).map((x, i) => x + 0.01 * w[i]!);
      const [a, b] = [length(w), length(u)];
      return w.map((x, i) => x - lr * (a > 0 && b > 0 ? a / b : 1) * u[i]!);
    },
    rates: [0.05, 0.05],
  },
  {
    name: 'lars',
    make: (target, options) => lars(target, { weightDecay: 1e-4, ...options }),
    reference: (w, g, _t, memory) => {
      const [a, b] = [length(w), length(g)];
      const local = a > 0 && b > 0 ? (1e-3 * a) / (b + 1e-4 * a) : 1;
      const before = slot(memory, 'b', g);
      memory.b = g.map((x, i) => 0.9 * before[i]! + lr * local * (x + 1e-4 * w[i]!));
      return w.map((x, i) => x - memory.b![i]!);
    },
    rates: [5, 10],
  },
  {
    name: 'adan',
    make: (target, options) => adan(target, { weightDecay: 0.01, ...options }),
    reference: (w, g, t, memory) => {
      const [b1, b2, b3] = [0.98, 0.92, 0.99];
      const previous = memory.g ?? g;
      memory.g = g;
      const change = g.map((x, i) => x - previous[i]!);
      const m = moment(memory, 'm', b1, g);
      const d = moment(memory, 'd', b2, change);
      const n = moment(
        memory,
        'n',
        b3,
        g.map((x, i) => (x + b2 * change[i]!) ** 2),
      );
      return w.map((x, i) => {
        const root = Math.sqrt(n[i]! / (1 - b3 ** t)) + 1e-8;
        const u = (m[i]! / (1 - b1 ** t) + (b2 * d[i]!) / (1 - b2 ** t)) / root;
        return (x - lr * u) / (1 + lr * 0.01);
      });
    },
    rates: [0.3, 0.05],
  },
];
