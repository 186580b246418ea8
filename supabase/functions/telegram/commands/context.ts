import type { ProvisionClient } from "../../_shared/provision_api/client.ts";

/** The argument and the surroundings of a command. */
export interface CommandContext {
  argument: string;
  /** Tokens are for private chats: everyone in a group could read them. */
  isPrivate: boolean;
  provision: ProvisionClient;
}
