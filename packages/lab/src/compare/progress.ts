import { SingleBar } from 'cli-progress';

/** What a long command shows while it works. */
export interface Progress {
  update(done: number, what: string): void;
  stop(): void;
}

const silent: Progress = { update: () => {}, stop: () => {} };

/** A bar with an estimate of the time left on a terminal; elsewhere a line each tenth. */
export function startProgress(total: number, quiet: boolean, unit = 'runs'): Progress {
  if (quiet) return silent;
  if (!process.stderr.isTTY) return lines(total, unit);
  const bar = new SingleBar({
    format: '{bar} {value}/{total} {unit}, about {eta_formatted} left | {what}',
    // Hidden, it would stay hidden when Ctrl-C ends the process at once.
    hideCursor: false,
    clearOnComplete: true,
    gracefulExit: false,
    barsize: 24,
    etaBuffer: 20,
  });
  bar.start(total, 0, { what: '', unit });
  return {
    update: (done, what) => bar.update(done, { what, unit }),
    stop: () => bar.stop(),
  };
}

function lines(total: number, unit: string): Progress {
  let shown = 0;
  return {
    update(done) {
      const tenth = Math.floor((10 * done) / total);
      if (tenth === shown) return;
      shown = tenth;
      process.stderr.write(`${done}/${total} ${unit} finished\n`);
    },
    stop: () => {},
  };
}
