import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page on this machine, with its scripts, under a content security policy. */
export interface Site {
  readonly address: string;
  /** What the page with these query parameters sends next. */
  nextReport(query: string): Promise<string>;
  close(): Promise<void>;
}

const page = `<!doctype html>
<meta charset="utf-8">
<title>W3</title>
<script type="module" src="./page.js"></script>
`;

/** Serves the page. The policy is in the header of every answer: a worker has that of its own script. */
export async function openSite(
  scripts: ReadonlyMap<string, string>,
  policy: string,
): Promise<Site> {
  const waiting = new Map<string, (body: string) => void>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, search } = new URL(request.url!, 'http://localhost');
    response.setHeader('Content-Security-Policy', policy);
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.writeHead(204).end();
      waiting.get(search)?.(Buffer.concat(chunks).toString());
      return;
    }
    const script = scripts.get(pathname.slice(1));
    if (pathname === '/') response.setHeader('Content-Type', 'text/html').end(page);
    else if (script !== undefined) {
      response.setHeader('Content-Type', 'text/javascript').end(script);
    } else response.writeHead(404).end();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    nextReport: (query) => new Promise((resolve) => waiting.set(query, resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
