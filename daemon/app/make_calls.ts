import type { Emitter } from "../base/mod.ts";
import { Calls } from "../call/mod.ts";
import { openCamera } from "../capture/mod.ts";
import type { Simpp } from "../simpp/mod.ts";
import type { AppEvent, CallRoute } from "../views/mod.ts";
import { type CallServers, openCallEndpoint } from "./call_servers.ts";
import type { Chats } from "./chats.ts";
import type { People } from "./people.ts";
import type { SealedLink } from "./sealed_link.ts";

/** The calls of this daemon, joined to contacts, keys, the sealed link and the chats' lines. */
export function makeCalls(rooms: {
  simpp: Simpp;
  link: SealedLink;
  people: People;
  chats: Chats;
  jid: () => string;
  events: Emitter<AppEvent>;
  /** STUN and TURN servers that may be used. */
  servers: Pick<CallServers, "list">;
  route: () => CallRoute;
  /** Addresses to offer; those of every interface when absent. */
  hosts?: readonly string[];
}): Calls {
  const { simpp, link, people, chats, jid, events, servers, route, hosts } = rooms;
  const calls = new Calls({
    self: () => ({ jid: jid(), device: simpp.device, fingerprint: simpp.fingerprint }),
    signalling: {
      send: async (to, content, { store }) => {
        const device = to.device === undefined ? {} : { device: to.device };
        await link.send(to.jid, [content], { store, ...device });
      },
    },
    peer: (contact) => {
      const { state, fingerprint } = people.trust(contact);
      return {
        name: people.has(contact) ? people.get(contact).name : contact,
        online: people.isOnline(contact),
        fingerprint,
        suites: simpp.policy.for(contact),
        verified: state === "verified",
      };
    },
    openCamera,
    openEndpoint: () => openCallEndpoint(servers, route(), hosts),
    line: (contact, kind, body) => chats.line(contact, kind, body),
  });
  calls.events.on((data) => events.emit({ type: "call", data }));
  calls.security.on((data) => events.emit({ type: "security", data }));
  return calls;
}
