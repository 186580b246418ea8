/**
 * Lets in nobody but a page of ours in the browser that has the printed URL. The token is sent in a header: a cookie
 * would go to every server on this machine's address, whatever its port.
 */
import { utf8 } from "../../supabase/functions/_shared/domain/bytes.ts";
import {
  equalDigests,
  sha256,
} from "../../supabase/functions/_shared/domain/credential/digest.ts";

export interface Door {
  token: string;
  /** Returns the refusal of a request that no page of ours makes. */
  refuse(request: Request): Response | undefined;
  /** Returns whether a request has the token. */
  opensTo(request: Request): boolean;
}

/** Makes the door of a server at an address, with a token of its own. */
export function makeDoor(address: string): Door {
  const token = crypto.getRandomValues(new Uint8Array(32))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  const expected = sha256(utf8(`Bearer ${token}`));
  const own = `http://${address}`;
  return {
    token,
    refuse({ method, headers }) {
      // Another name may lead here: that of a page which rebinds its DNS to this machine.
      if (headers.get("host") !== address) {
        return new Response(`Open ${own} instead`, { status: 421 });
      }
      const origin = headers.get("origin") ?? (method === "GET" ? own : null);
      if (origin !== own) {
        return new Response("Another page must not call", { status: 403 });
      }
    },
    opensTo({ headers }) {
      const given = headers.get("authorization") ?? "";
      return equalDigests(sha256(utf8(given)), expected);
    },
  };
}
