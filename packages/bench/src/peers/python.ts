import type { Adapter, Job } from '../peer.ts';
import { chainLength } from '../workloads/arrays.ts';
import { adamSettings, powerIterationEps, type TrainingProblem } from '../workloads/training.ts';
import { PythonProcess, type SentArray } from './python-process.ts';

const square = (n: number, a: Float32Array, b: Float32Array): SentArray[] => [
  { name: 'a', shape: [n, n], data: a },
  { name: 'b', shape: [n, n], data: b },
];

const versionOf = async (process: PythonProcess): Promise<string> =>
  (await process.request<{ readonly version: string }>({ op: 'version' })).version;

/** numpy on one thread: products only. */
export async function numpy(): Promise<Adapter> {
  const process = new PythonProcess('numpy');
  return {
    version: await versionOf(process),
    matmul: (n, a, b, form) => process.start('matmul', square(n, a, b), { form }),
    close: () => process.close(),
  };
}

/** PyTorch, eager, on one thread. */
export async function pytorch(): Promise<Adapter> {
  const process = new PythonProcess('torch');
  return {
    version: await versionOf(process),
    matmul: (n, a, b, form) => process.start('matmul', square(n, a, b), { form }),
    train: (problem) => train(process, problem),
    elementwise: (x) => process.start('elementwise', [{ name: 'x', shape: [x.length], data: x }]),
    chain: (x, b) =>
      process.start(
        'chain',
        [
          { name: 'x', shape: [x.length], data: x },
          { name: 'b', shape: [b.length], data: b },
        ],
        { length: chainLength },
      ),
    close: () => process.close(),
  };
}

function train(process: PythonProcess, problem: TrainingProblem): Job {
  const { spec, batches, initial, starts, features } = problem;
  const of = spec.network === 'convolution' ? [1, 28, 28] : [features];
  const sizes = [batches.length, spec.batch];
  const columns = batches[0]!.y.length / spec.batch;
  const arrays: SentArray[] = [
    { name: 'x', shape: [...sizes, ...of], data: joined(batches.map(({ x }) => x)) },
    { name: 'y', shape: [...sizes, columns], data: joined(batches.map(({ y }) => y)) },
    { name: 'labels', shape: sizes, data: Int32Array.from(batches.flatMap((b) => [...b.labels])) },
    ...initial,
    ...Object.entries(starts).map(([name, data]) => ({
      name: `start ${name}`,
      shape: [data.length],
      data,
    })),
  ];
  const { step, measure } = process.start('train', arrays, {
    spec,
    initial: initial.map(({ name }) => name),
    starts: Object.keys(starts),
    adam: adamSettings,
    eps: powerIterationEps,
  });
  return { step, ...(measure === undefined ? {} : { measure }) };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
