import { describe, makeReport, type Report } from './report.ts';
import type { Mode } from './training.ts';
import { violations } from './violations.ts';

// The address says what to do: /?place=worker&mode=eager.

const inWorker = (mode: Mode): Promise<Report> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Report>) =>
      resolve({ ...data, violations: [...violations, ...data.violations] }),
    );
    worker.addEventListener('error', (event) =>
      reject(new Error(`the worker failed: ${event.message}`)),
    );
    worker.postMessage(mode);
  });

const query = new URLSearchParams(location.search);
const mode = query.get('mode') as Mode;
const report: Report = await (query.get('place') === 'worker' ? inWorker(mode) : makeReport(mode))
  // A page that cannot do its part says so, rather than nothing.
  .catch((error: unknown) => ({ trained: null, error: describe(error), violations }));
await fetch(`./report${location.search}`, { method: 'POST', body: JSON.stringify(report) });
