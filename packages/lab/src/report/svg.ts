import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const style = { fontSize: '13px', fontFamily: 'system-ui, sans-serif', background: 'white' };

/** Renders a plot to SVG text, without a browser. */
export function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const figure = Plot.plot({ ...options, document, style });
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return figure.outerHTML;
}
