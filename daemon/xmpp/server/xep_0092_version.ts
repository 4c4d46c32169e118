import { el, NS, StanzaError } from "../core/mod.ts";
import type { Extension } from "./host.ts";

/** Name and version of the server (XEP-0092), if its owner wants them told. */
export const softwareVersion: Extension = ({ hooks, software }) => {
  if (software === undefined) return;
  const { name, version } = software;
  hooks.feature("server", NS.version);
  hooks.iq("server", "query", NS.version, ({ type }) => {
    if (type !== "get") throw new StanzaError("modify", "bad-request");
    return el("query", { xmlns: NS.version }, el("name", {}, name), el("version", {}, version));
  });
};
