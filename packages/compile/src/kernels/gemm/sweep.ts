import type { Frame } from './frame.ts';
import { Site } from './site.ts';

/** Visits every vector of the result: `value` pushes what is stored there. */
export const emitSweep = (frame: Frame, value: (site: Site) => void): void => {
  const { code, product } = frame;
  const { m, n, format } = product;
  const { lanes } = format;
  const [row, column] = [frame.integer('row'), frame.integer('column')];
  const inRow = { local: row, offset: 0 };
  const visit = (sites: readonly Site[]): void => {
    for (const [number, site] of sites.entries()) {
      value(site);
      code.set(frame.vector(number));
    }
    for (const [number, site] of sites.entries()) site.store(frame.vector(number));
  };
  frame.count(row, { offset: 0 }, { offset: m }, 1, () => {
    if (n < lanes) {
      visit([new Site(frame, inRow, { offset: 0 }, n)]);
      return;
    }
    const whole = n % lanes === 0 ? n : n - (n % lanes) - lanes;
    frame.count(column, { offset: 0 }, { offset: whole }, lanes, () => {
      visit([new Site(frame, inRow, { local: column, offset: 0 }, lanes)]);
    });
    // The last vector overlaps the one before it: both are read before either is written.
    if (whole < n) {
      const site = new Site(frame, inRow, { offset: whole }, lanes);
      visit([site, site.at(0, n - lanes - whole)]);
    }
  });
};
