import type { InvitationView, OpenInvitationView } from "../views/mod.ts";
import { isLoopback, readInvitation } from "../app/mod.ts";
import { LocalApi } from "./local_api.ts";
import { type Answer, expectWords, UsageError, type Verb } from "./verb.ts";

export const invite: Verb = {
  name: "invite",
  summary: "Make a single-use invitation link to the carried server; list and revoke them",
  usage: [
    "invite",
    "invite list                                  those that can still be used",
    "invite revoke ID                             nobody can use it any more",
  ],
  options: {},
  async run({ words: [action, ...words], state }) {
    switch (action) {
      case undefined:
        return made(await (await LocalApi.open(state)).ask("POST", "/api/invitations"));
      case "list":
        expectWords(words);
        return listed(await (await LocalApi.open(state)).ask("GET", "/api/invitations"));
      case "revoke": {
        const [id] = expectWords(words, "ID") as [string];
        const api = await LocalApi.open(state);
        await api.ask("DELETE", `/api/invitations/${encodeURIComponent(id)}`);
        return revoked(id);
      }
      default:
        throw new UsageError(`"${action}" is not something invite can do`);
    }
  },
};

/** An invitation just made. */
export function made(invitation: InvitationView): Answer {
  const until = new Date(invitation.expires).toISOString();
  const lines = [invitation.link, `good for one person, until ${until}`];
  if (readInvitation(invitation.link).hosts.every(isLoopback)) lines.push(ONLY_HERE);
  return { value: invitation, text: lines.join("\n") };
}

const ONLY_HERE = "It works on this machine alone: the link names no address that others reach. " +
  "Let them in (simppd account reach network --address HOST; of server run: --host, --address) " +
  "and make another.";

/** Invitations that can be used, a line each. */
export function listed(open: readonly OpenInvitationView[]): Answer {
  const line = ({ id, inviter, expires }: OpenInvitationView) =>
    `${id}: until ${new Date(expires).toISOString()}, ` +
    (inviter === null ? "of the server's" : `of ${inviter}`);
  return { value: open, text: open.map(line).join("\n") || "no invitation is open" };
}

export function revoked(id: string): Answer {
  return { value: { id }, text: `${id} can be used no more` };
}
