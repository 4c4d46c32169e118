import type { InvitationView } from "../views/mod.ts";
import { LocalApi } from "./local_api.ts";
import { expectWords, type Verb } from "./verb.ts";

export const invite: Verb = {
  name: "invite",
  summary: "Make a single-use invitation link to the carried server",
  usage: ["invite"],
  options: {},
  async run({ words, state }) {
    expectWords(words);
    const api = await LocalApi.open(state);
    const invitation = await api.ask<InvitationView>("POST", "/api/invitations");
    return {
      value: invitation,
      text: `${invitation.link}\ngood for one person, until ${
        new Date(invitation.expires).toISOString()
      }`,
    };
  },
};
