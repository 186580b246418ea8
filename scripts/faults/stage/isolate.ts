/** One more isolate of `webhook`, as the platform may run several. */
import { FUNCTIONS_DIR } from "../../cli/paths.ts";
import { startIsolate } from "../../local/edge_runtime/isolate.ts";
import { functionEnvironment } from "../../local/platform/environment.ts";
import type { Subject } from "./subject.ts";

/** Returns the same URL at this isolate. */
export type At = (url: string) => string;

/** Starts an isolate that ends with `resources`. */
export async function startWebhook(
  subject: Subject,
  env: Record<string, string>,
  resources: AsyncDisposableStack,
): Promise<At> {
  const address = subject.address();
  const isolate = await startIsolate("webhook", {
    functionsDir: FUNCTIONS_DIR,
    env: {
      ...functionEnvironment(address),
      "PUBLIC_FUNCTIONS_URL": `${address.apiUrl}/functions/v1`,
      ...env,
    },
    onLine: (line) => subject.lines.push(`isolate: ${line}`),
  });
  resources.adopt(isolate, (running) => running.close());
  return (url) => url.replace(/^.*\/functions\/v1/, isolate.url);
}
