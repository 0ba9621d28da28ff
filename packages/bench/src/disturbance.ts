import { cpus } from 'node:os';

/** How much of the machine a job had while it was timed. */
export interface Disturbance {
  /** Share of the machine's processor time that other processes used. */
  readonly others: number;
  /** The job's processor time over the time that passed: below 1 it had to wait. */
  readonly own: number;
}

/** A measurement is disturbed above this share for others, or below this one for the job itself. */
export const disturbanceLimits: Disturbance = { others: 0.1, own: 0.9 };

/** Whether a measurement should be repeated. */
export const isDisturbed = ({ others, own }: Disturbance): boolean =>
  others > disturbanceLimits.others || own < disturbanceLimits.own;

const busyMs = (): number =>
  cpus().reduce((total, { times }) => total + times.user + times.nice + times.sys + times.irq, 0);

/** Starts watching; the function it returns ends that. `cpuUs` is the job's, if not this process's. */
export function watchMachine(): (cpuUs?: number) => Disturbance {
  const [busy, own, start] = [busyMs(), process.cpuUsage(), performance.now()];
  return (cpuUs) => {
    const passed = performance.now() - start;
    const { user, system } = process.cpuUsage(own);
    const ownMs = (cpuUs ?? user + system) / 1000;
    const others = Math.max(0, busyMs() - busy - ownMs) / (passed * cpus().length);
    return { others, own: ownMs / passed };
  };
}
