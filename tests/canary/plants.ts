/** Thirty secrets of senders and operators, and a hundred places where somebody may put one. */
import { Buffer } from "node:buffer";
import { type Kit, provision, send } from "../support/project.ts";
import { bareUrl } from "../support/senders.ts";
import type { Canaries } from "./canaries.ts";

/** Names that are credentials', each with a secret that stands nowhere else. */
export const SECRETS: readonly [name: string, secret: string][] = [
  ...["secret", "token", "passphrase", "password", "key", "auth_key"],
  ...["api_key", "apikey", "signalToken", "license_id", "email_token"],
  ...["access_token", "api-key", "authKey", "auth_token", "webhook_secret"],
  ...["pass", "pwd", "authorization", "licenseId", "passWord", "APIKey"],
  ...["x-api-key", "apiSecret", "clientSecret", "private_key", "passwd"],
  ...["cookie", "jwt", "bot_token"],
].map((name) => [name, `planted${crypto.randomUUID().replaceAll("-", "")}`]);

export const PLANTED: Canaries = Object.fromEntries(SECRETS);

/** Ways to write a name and its secret: of alerts that are accepted, refused or unreadable, and of answers. */
const FORMS: ((name: string, secret: string) => string)[] = [
  (n, s) => `{"signal":"BUY","${n}":"${s}"}`,
  (n, s) => `{"signal":"BUY","a":[{"b":{"${n}":["${s}"]}}]}`,
  (n, s) => JSON.stringify({ signal: "BUY", m: `{"${n}":"${s}"}` }),
  (n, s) => `{"signal":"BUY","url":"https://x.test/?${n}=${s}&x=1"}`,
  (n, s) => `{"signal":"BUY","url":"https%3A%2F%2Fx%3F${n}%3D${s}"}`,
  (n, s) => JSON.stringify({ signal: "BUY", m: `A=1\n${n}=${s}` }),
  (n, s) => `{"signal":"BUY","m":"<${n}>${s}</${n}>"}`,
  (n, s) => `{"signal":"BUY","${n}: ${s}":1}`,
  (n, s) => `{“signal”:“BUY”,“${n}”:“${s}”,}`,
  (n, s) => `signal=BUY\n${n}=${s}`,
  (n, s) => `signal=BUY\nnote=https://x.test/?${n}=${s}`,
  (n, s) => `signal=BUY&${n}=${s}&x=1`,
  (n, s) => `SIGNAL=BUY,${n}=${s},SYMBOL=X`,
  (n, s) => `BUY|${n}=${s}|EURUSD`,
  (n, s) => `<alert><${n}>${s}</${n}></alert>`,
  (n, s) => `["${n}" => "${s}"]`,
  (n, s) => `{"${n}" "${s}"}`,
  (n, s) => `{\`${n}\`: \`${s}\`}`,
  (n, s) => `{"${n}"${" ".repeat(40)}: "${s}"`,
  (n, s) => `{"${n[0]}\u200b${n.slice(1)}": "${s}"`,
  (n, s) =>
    `--b\r\nContent-Disposition: form-data; name="${n}"\r\n\r\n${s}\r\n--b--`,
  (n, s) => `{"signal":"nonsense","${n}":"${s}"}`,
  (n, s) => `{"signal":"BUY","quantity":"${n}=${s}"}`,
];

/** Puts each form into a body for the URL, with the secrets from this one on. */
export async function plantInBodies(
  url: string,
  first: number,
): Promise<number> {
  const statuses = await Promise.all(FORMS.map(async (write, at) => {
    const [name, secret] = SECRETS[(at + first) % SECRETS.length]!;
    return (await send(url, write(name, secret))).status;
  }));
  const odd = statuses.filter((status) => ![202, 400, 422].includes(status));
  if (odd.length) throw new Error(`Bodies were answered ${odd}`);
  return FORMS.length;
}

/** Returns answers of a target that shows everything it knows: what it was sent, and secrets of its own. */
export function answers(request: Headers): Response[] {
  const own = JSON.stringify(Object.fromEntries(request));
  return FORMS.map((write, at) => {
    const [name, secret] = SECRETS[(at + 7) % SECRETS.length]!;
    const said = `${write(name, secret)} ${own}`.slice(0, 3000);
    return new Response(said, { status: 500 });
  });
}

/** Puts our own secrets into bodies in every alphabet: of this strategy, of another, and the universal one. */
export async function plantOwn(
  url: string,
  own: Kit,
  others: string[],
): Promise<number> {
  const core = own.secret.slice("whsec_".length).replace(/=+$/, "");
  const texts = [
    ...[core, core.replaceAll("+", "-").replaceAll("/", "_")],
    Buffer.from(core, "base64").toString("hex"),
    Buffer.from(core, "base64").toString("hex").toUpperCase(),
    btoa(own.secret),
    btoa(own.token),
    btoa(`x ${own.secret} y`),
    encodeURIComponent(own.secret),
    [...core].join("\u200b"),
    ...others,
  ];
  for (const text of texts) {
    await send(url, JSON.stringify({ signal: "BUY", comment: `a ${text} b` }));
    await send(url, `nothing known ${text}`);
  }
  return 2 * texts.length;
}

/** Puts secrets into headers and URLs of requests, and into calls of provision that are refused. */
export async function plantAround(kit: Kit): Promise<number> {
  const url = bareUrl(kit);
  const path = `/strategies/${kit.strategy.slug}`;
  const alert = '{"signal":"BUY"}';
  for (const [name, secret] of SECRETS) {
    await send(`${url}?${name}=${secret}`, alert, { [name]: secret });
  }
  const { password, secret, jwt, token } = PLANTED;
  const jwks = { keys: [{ kty: "OKP", crv: "Ed25519", x: "AA", d: secret }] };
  const route = { kind: "http", target: `https://10.0.0.1/${password}` };
  await provision("PATCH", path, { jwks });
  await provision("PATCH", path, { jwks: { kty: "oct", k: jwt } });
  await provision("PATCH", path, { routes: [route] });
  await provision("PATCH", path, { secret, password, "webhook_secret": token });
  await provision("POST", "/strategies", { name: `a${"\n"}${secret}` });
  await provision("GET", `/strategies/${token}`);
  // Refused by the database, whose log has the call if it has any.
  const { slug } = kit.strategy;
  const taken = { name: "Planted", aliases: [slug] };
  const open = { kind: "http", target: `https://example.com/${password}` };
  await provision("POST", "/strategies", { ...taken, routes: [open] });
  await provision("POST", `${path}/test`, {
    body: `{"signal":"BUY","password":"${password}"}`,
    "dry_run": true,
    url: `${url}?token=${token}`,
  });
  return SECRETS.length + 8 + await plantInRoutes(kit);
}

/** Puts secrets into the calls of routes; the path of the kit's URL is one. */
async function plantInRoutes({ strategy, routes }: Kit): Promise<number> {
  const path = `/strategies/${strategy.slug}/routes`;
  const { password, secret, token } = PLANTED;
  const url = routes.find(({ kind }) => kind === "http")!.target;
  const added = await provision<{ route: { id: string } }>("POST", path, {
    kind: "http",
    target: `${url}/added`,
  });
  const own = `${path}/${added.body.route.id}`;
  const calls: [string, string, unknown?][] = [
    ["POST", path, { kind: "http", target: `https://10.0.0.1/${password}` }],
    ["POST", path, { kind: "http", target: `https://${password}@x.test/` }],
    ["POST", path, { kind: "queue", target: secret, password }],
    ["POST", path, { kind: "http", target: url }],
    ["PATCH", own, { target: `https://10.0.0.1/${password}` }],
    ["PATCH", own, { target: url }],
    ["PATCH", own, { secret, password, "webhook_secret": token }],
    ["PATCH", own, { target: `${url}/changed`, enabled: false }],
    ["DELETE", `${path}/${token}`],
    ["DELETE", own],
  ];
  const statuses = [];
  for (const [method, place, body] of calls) {
    statuses.push((await provision(method, place, body)).status);
  }
  const expected = [422, 422, 422, 409, 422, 409, 422, 200, 404, 200];
  if (`${statuses}` !== `${expected}`) {
    throw new Error(`Calls of routes were answered ${statuses}`);
  }
  return calls.length;
}
