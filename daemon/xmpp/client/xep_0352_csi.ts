import { el, NS } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/** Client State Indication of one client (XEP-0352). */
export interface ClientStateIndication {
  set(active: boolean): void;
}

/**
 * Tells a server that offers it whether somebody is looking. A connection begins as active, a
 * resumed one too (section 5), so inactivity is said again at each.
 */
export function clientState(client: XmppClient): ClientStateIndication {
  let active = true;
  const tell = () => {
    if (client.features?.getChild("csi", NS.clientState) === undefined) return;
    client.sendNonza(el(active ? "active" : "inactive", { xmlns: NS.clientState }));
  };
  client.events.on(({ state }) => {
    if (state === "online" && !active) tell();
  });
  return {
    set(value) {
      if (active === value) return;
      active = value;
      if (client.state === "online") tell();
    },
  };
}
