/**
 * A file server on the loopback interface that misbehaves in one way a path: for the tests of downloads. It remembers what
 * it was asked.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FaultyServer {
  /** Address of a behaviour. */
  url(behaviour: Behaviour): string;
  readonly asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, content: Buffer) => void;

const from = (request: IncomingMessage): number =>
  Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);

/** Answers as it should, for requests with and without Range. */
const honest: Answer = (request, response, content) => {
  const start = from(request);
  const condition = request.headers["if-range"];
  if (start > 0 && (condition === undefined || condition === '"v1"')) {
    const range = `bytes ${start}-${content.length - 1}/${content.length}`;
    response.writeHead(206, {
      "content-range": range,
      "content-length": content.length - start,
      etag: '"v1"',
    });
    response.end(content.subarray(start));
  } else {
    response.writeHead(200, { "content-length": content.length, etag: '"v1"' });
    response.end(content);
  }
};

/** Sends a part of what is due and then does something else. */
const half =
  (then: (response: ServerResponse) => void): Answer =>
  (request, response, content) => {
    const start = from(request);
    const rest = content.subarray(start);
    const head = { "content-length": rest.length, etag: '"v1"' };
    if (start > 0) {
      const range = `bytes ${start}-${content.length - 1}/${content.length}`;
      response.writeHead(206, { ...head, "content-range": range });
    } else response.writeHead(200, head);
    response.write(rest.subarray(0, Math.ceil(rest.length / 2)), () => then(response));
  };

const behaviours = {
  honest,
  "ignores-range": (_request, response, content) => {
    response.writeHead(200, { "content-length": content.length });
    response.end(content);
  },
  "other-range": (_request, response, content) => {
    response.writeHead(206, { "content-range": `bytes 1-${content.length - 1}/${content.length}` });
    response.end(content.subarray(1));
  },
  "other-version": (request, response, content) => {
    // The part that the client has is of an older version: RFC 9110 asks for all of the new one.
    if (request.headers["if-range"] === '"v2"') return honest(request, response, content);
    response.writeHead(200, { "content-length": content.length, etag: '"v2"' });
    response.end(content);
  },
  stalls: half(() => {}),
  breaks: half((response) => response.socket?.end()),
  "never-answers": () => {},
  "ends-early-unannounced": (_request, response, content) => {
    response.writeHead(200, { "transfer-encoding": "chunked" });
    response.end(content.subarray(0, 1000));
  },
  "endless-unannounced": (_request, response, content) => {
    response.writeHead(200, { "transfer-encoding": "chunked" });
    const more = (): void => {
      if (!response.destroyed) response.write(content, () => setImmediate(more));
    };
    more();
  },
  "announces-more": (_request, response, content) => {
    response.writeHead(200, { "content-length": content.length + 1 });
    response.end(Buffer.concat([content, Buffer.of(0)]));
  },
  "wrong-bytes": (request, response, content) => honest(request, response, Buffer.alloc(content.length, 7)),
  redirects: (_request, response) => void response.writeHead(302, { location: "/honest" }).end(),
  "redirects-for-ever": (_request, response) => void response.writeHead(302, { location: "?" }).end(),
  "redirects-to-a-file": (_request, response) =>
    void response.writeHead(302, { location: "file:///etc/hosts" }).end(),
  "not-found": (_request, response) => void response.writeHead(404).end("<html>no such file</html>"),
  busy: (_request, response) => void response.writeHead(503).end("later"),
  "no-range-there": (request, response, content) => {
    if (from(request) > 0) response.writeHead(416).end();
    else honest(request, response, content);
  },
} as const satisfies Record<string, Answer>;

export type Behaviour = keyof typeof behaviours;

/** Starts the server with one file of this content at every path. */
export async function faultyServer(content: Buffer): Promise<FaultyServer> {
  const asked: FaultyServer["asked"] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname.split("/")[1] ?? "";
    asked.push({ path, headers: request.headers });
    const answer = Object.entries(behaviours).find(([name]) => name === path)?.[1] ?? behaviours["not-found"];
    answer(request, response, content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    url: (behaviour) => `http://127.0.0.1:${port}/${behaviour}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
