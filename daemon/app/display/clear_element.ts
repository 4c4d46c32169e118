import { el, type Element } from "../../xmpp/core/mod.ts";

/** Where the `<display/>` of a file's description lives, too. */
const FILES_NS = "urn:simpp:2:files";

/** `<clear-display/>`: the sender takes back what they show in the chat or group it is said in. */
export function clearElement(): Element {
  return el("clear-display", { xmlns: FILES_NS });
}

/** Whether a message's content takes back what its sender shows. */
export function isClear(content: readonly Element[]): boolean {
  return content.some((child) => child.is("clear-display", FILES_NS));
}
