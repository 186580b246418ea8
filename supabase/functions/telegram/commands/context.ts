import type { ProvisionClient } from "../../_shared/provision_api/client.ts";

/** What a command is given to run. */
export interface CommandContext {
  argument: string;
  /** Tokens are for private chats: everyone in a group could read them. */
  isPrivate: boolean;
  provision: ProvisionClient;
}
