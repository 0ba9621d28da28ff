import './violations.ts';
import { makeReport } from './report.ts';
import type { Mode } from './training.ts';

addEventListener('message', async ({ data }: MessageEvent<Mode>) => {
  postMessage(await makeReport(data));
});
