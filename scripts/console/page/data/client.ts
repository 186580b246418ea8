/** Calls the console's server, with the token of the URL that opened the page. */

const STORED = "token";

/** A call that was refused; the message is one sentence. */
export class CallError extends Error {
  constructor(message: string, readonly code: string) {
    super(message);
  }
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  message?: string;
  errors?: { path: string; message: string }[];
}

/** Takes the token out of the address bar, where it would be seen and copied. */
export function takeToken(): boolean {
  const url = new URL(location.href);
  const token = url.searchParams.get("token");
  if (token) {
    sessionStorage.setItem(STORED, token);
    url.searchParams.delete("token");
    history.replaceState(null, "", url);
  }
  return sessionStorage.getItem(STORED) !== null;
}

/** Makes a call; throws {@linkcode CallError}. */
export async function call<Answer>(
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`/api${path}`, {
    method,
    redirect: "error",
    headers: { authorization: `Bearer ${sessionStorage.getItem(STORED)}` },
    ...body !== undefined && { body: JSON.stringify(body) },
  }).catch(() => {
    throw new CallError(
      "The console has ended: run `deno task console` again",
      "ended",
    );
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw errorOf(answer);
}

function errorOf(
  { code = "", title, detail, message, errors = [] }: Problem,
): CallError {
  const fields = errors.map(({ path, message }) =>
    path ? `${path}: ${message}` : message
  ).join("; ");
  return new CallError(
    detail ?? (fields || title || message || "The call failed"),
    code,
  );
}

export function get<Answer>(path: string): Promise<Answer> {
  return call("GET", path);
}

export function post<Answer>(
  path: string,
  body: unknown = {},
): Promise<Answer> {
  return call("POST", path, body);
}
