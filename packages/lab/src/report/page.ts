import type { Reference } from '@tikhonov/regularizers';

/** Text as HTML shows it. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const css = `
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, sans-serif; color: #222; background: #f6f6f4; margin: 0; }
main { max-width: 920px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 20px; margin: 40px 0 8px; }
.lead { color: #555; margin: 0 0 20px; }
section.card { background: white; border: 1px solid #ddd; border-radius: 8px; padding: 16px 20px; overflow-x: auto; }
ul.conclusions { margin: 0; padding-left: 20px; font-size: 17px; }
ul.conclusions li { margin: 4px 0; }
thead { display: table-header-group; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 6px 10px; text-align: right; border-bottom: 1px solid #eee; }
th { color: #555; font-weight: 600; border-bottom: 2px solid #ccc; }
table.wrap { white-space: normal; } th.left, td.left { text-align: left; } td:first-child { font-weight: 600; }
.verdict { font-weight: 600; }
svg { max-width: 100%; height: auto; display: block; }
.note { color: #555; font-size: 14px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; font-size: 14.5px; }
dt { color: #555; } dd { margin: 0; }
.method { border-bottom: 1px solid #eee; padding: 10px 0; } .method:last-child { border-bottom: 0; }
.method h3 { margin: 0; font-size: 16px; } .method p { margin: 4px 0; font-size: 14.5px; }
math { font-size: 1.1em; }
@media print {
  body { background: white; print-color-adjust: exact; } main { padding: 0; }
  section.card { overflow: visible; padding: 10px 12px; break-inside: avoid; } h2 { break-after: avoid; }
  section.long { break-inside: auto; } .method { break-inside: avoid; }
  table { font-size: 11px; } th, td { padding: 4px 6px; }
}
`;

/** A self-contained page: no script, no font, no image from anywhere else. */
export const renderPage = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${css}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;

/** A source in one line. */
export function cite({ authors, title, venue, year, arxiv, doi }: Reference): string {
  const link = doi !== undefined ? `doi ${doi}` : arxiv !== undefined ? `arXiv ${arxiv}` : '';
  return `${escapeHtml(authors)}, <em>${escapeHtml(title)}</em>, ${escapeHtml(venue)}, ${year}${link === '' ? '' : `, ${escapeHtml(link)}`}.`;
}
