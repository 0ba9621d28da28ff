import { type Browser, chromium } from 'playwright-core';
import type { Report } from '../page/report.ts';
import type { Mode } from '../page/training.ts';
import { findBrowser } from './find-browser.ts';
import type { Site } from './site.ts';

/** Where the page trains. */
export type Place = 'main' | 'worker';

/** A page's report, and what the browser wrote on its console as errors. */
export interface Visit extends Report {
  readonly consoleErrors: readonly string[];
}

/** A headless browser; installed first if there is none. */
export const launch = async (): Promise<Browser> =>
  chromium.launch({
    executablePath: await findBrowser(),
    args: [
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
      // Chromium's sandbox refuses to run as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });

/** How long a page may take; it needs a fraction of a second. */
const patienceMs = 60_000;

/** Opens the page, lets it train, and closes it. */
export async function visit(
  browser: Browser,
  site: Site,
  place: Place,
  mode: Mode,
): Promise<Visit> {
  const page = await browser.newPage();
  const consoleErrors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(message.text());
  });
  page.on('pageerror', ({ message }) => consoleErrors.push(message));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const said = consoleErrors.join('\n  ') || 'Its console has no errors.';
      reject(new Error(`browser tests: ${place}, ${mode}: the page sent no report.\n  ${said}`));
    }, patienceMs);
  });
  try {
    const query = `?place=${place}&mode=${mode}`;
    const report = site.nextReport(query);
    await page.goto(site.address + query);
    const body = await Promise.race([report, late]);
    return { ...(JSON.parse(body) as Report), consoleErrors };
  } finally {
    clearTimeout(timer);
    await page.close();
  }
}
