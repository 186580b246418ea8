import type { ProvisionClient } from "../../_shared/provision_api/client.ts";

/** The argument and the surroundings of a command. */
export interface CommandContext {
  argument: string;
  /** The text of the message that the command replies to. */
  quoted?: string | undefined;
  /** Tokens are for private chats: everyone in a group could read them. */
  isPrivate: boolean;
  provision: ProvisionClient;
}
