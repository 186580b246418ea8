/** Calls of the database's functions with the project's secret key. */
import { Failure } from "../../cli/failure.ts";
import { type Project, request } from "../../cli/project.ts";

const ANSWER_WITHIN_MS = 10_000;

/** Calls an RPC as `service_role`; anything but an answer is a {@linkcode Failure}. */
export async function callRpc(
  { url, secretKey }: Project,
  name: string,
  args: Record<string, unknown>,
): Promise<unknown> {
  const response = await request(`${url}/rest/v1/rpc/${name}`, {
    method: "POST",
    redirect: "manual",
    headers: { apikey: secretKey, "content-type": "application/json" },
    body: JSON.stringify(args),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  throw new Failure(
    `Cannot call ${name}: it is answered ${response.status} ${text}`,
  );
}
