import { el, NS } from "../core/mod.ts";
import type { Extension } from "./host.ts";

/**
 * Whether anybody looks at a client (XEP-0352). While nobody does, presence and who is typing wait,
 * the newest of each, until something comes that cannot wait.
 */
export const clientState: Extension = ({ hooks }) => {
  hooks.streamFeature("bound", () => el("csi", { xmlns: NS.clientState }));
  for (const state of ["active", "inactive"]) {
    const inactive = state === "inactive";
    hooks.nonza(state, NS.clientState, (session) => session.setInactive(inactive));
  }
  hooks.bind2(NS.clientState, (session, element) => {
    session.setInactive(element.getName() === "inactive");
    return undefined;
  });
};
