/** The console's server: the page and its calls, for the browser of who started it. */
import { Failure, reasonOf } from "../cli/failure.ts";
import type { Project } from "../cli/project.ts";
import { findCall, forward, problem } from "./calls.ts";
import { type Door, makeDoor } from "./door.ts";
import { explain } from "./explain.ts";
import { bundlePage, type PageFiles } from "./page_files.ts";

const HOSTNAME = "127.0.0.1";

/** Has the browser refuse inline code and other hosts. */
const HEADERS = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

export interface Console extends AsyncDisposable {
  /** Opens the page; holds its token. */
  url: string;
}

/** Serves the console of a project; port 0 takes a free one. */
export async function startConsole(
  project: Project,
  port = 0,
): Promise<Console> {
  const page = await bundlePage();
  const server = listen(port, async (request) => {
    const response = await answer(request, door, page, project);
    for (const [name, value] of Object.entries(HEADERS)) {
      response.headers.set(name, value);
    }
    return response;
  });
  const door = makeDoor(`${HOSTNAME}:${server.addr.port}`);
  return {
    url: `http://${HOSTNAME}:${server.addr.port}/?token=${door.token}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function listen(
  port: number,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: HOSTNAME, port, onListen: () => {} };
  try {
    return Deno.serve(options, handler);
  } catch (error) {
    throw new Failure(`Cannot use port ${port}: ${reasonOf(error)}`);
  }
}

async function answer(
  request: Request,
  door: Door,
  page: PageFiles,
  project: Project,
): Promise<Response> {
  const refused = door.refuse(request);
  if (refused) return refused;
  const { pathname } = new URL(request.url);
  if (!pathname.startsWith("/api/")) {
    const file = request.method === "GET" ? page.get(pathname) : undefined;
    if (!file) return new Response("There is no such page", { status: 404 });
    return new Response(file.body, { headers: { "content-type": file.type } });
  }
  if (!door.opensTo(request)) {
    return problem(401, "no_token", "Open the URL that the console printed");
  }
  const path = pathname.slice("/api".length);
  const response = await answerCall(request, path, project);
  return withoutKey(await response.text(), response, project);
}

async function answerCall(
  request: Request,
  path: string,
  project: Project,
): Promise<Response> {
  if (path === "/project") return Response.json({ url: project.url });
  if (path === "/explain" && request.method === "POST") {
    return await explain(await request.text(), project);
  }
  const call = findCall(request, path);
  if (!call) {
    return problem(404, "not_allowed", "The console makes no such call");
  }
  return await forward(call, await request.text(), project);
}

/** Passes an answer on, unless the key is in it, which no page may see. */
function withoutKey(
  text: string,
  { status, headers }: Response,
  { secretKey }: Project,
): Response {
  if (text.includes(secretKey)) {
    return problem(502, "key_withheld", "The answer held the secret key");
  }
  return new Response(text, { status, headers });
}
