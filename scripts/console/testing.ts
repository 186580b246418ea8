/** A console before a project that a test makes up. */
import type { Project } from "../cli/project.ts";
import { type Console, startConsole } from "./console.ts";

export const KEY = "sb_secret_of_the_project";

export interface Asked {
  method: string;
  path: string;
  headers: Headers;
}

/** A project that answers every call alike, and remembers them. */
function startProject(
  answer: () => Response,
): { project: Project; asked: Asked[] } & AsyncDisposable {
  const asked: Asked[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ method, url, headers }) => {
      const { pathname, search } = new URL(url);
      asked.push({ method, path: pathname + search, headers });
      return answer();
    },
  );
  return {
    asked,
    project: { url: `http://127.0.0.1:${server.addr.port}`, secretKey: KEY },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

export interface Stage extends AsyncDisposable {
  origin: string;
  token: string;
  asked: Asked[];
  /** Calls as the page does, unless `headers` say otherwise. */
  ask: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Response>;
}

export async function setUp(
  answer = () => Response.json({ ok: true }),
): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const { project, asked } = stack.use(startProject(answer));
  const running: Console = stack.use(await startConsole(project));
  const { origin, searchParams } = new URL(running.url);
  const token = searchParams.get("token")!;
  const kept = stack.move();
  return {
    origin,
    token,
    asked,
    ask: (method, path, body, headers = {}) =>
      fetch(origin + path, {
        method,
        redirect: "manual",
        headers: {
          authorization: `Bearer ${token}`,
          ...method !== "GET" && { origin },
          ...headers,
        },
        ...body !== undefined && { body: JSON.stringify(body) },
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
