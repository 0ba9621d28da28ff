import { reproductions } from './registry.ts';

/** A piece of a reproduction's work. */
export interface PoolTask {
  readonly name: string;
  readonly input: unknown;
}

/** Runs it; what the threads of the pool call. */
export default async function runTask({ name, input }: PoolTask): Promise<unknown> {
  const { task } = await reproductions[name]!();
  if (task === undefined) throw new Error(`${name} has no tasks.`);
  return task(input as never);
}
