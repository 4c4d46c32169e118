import assert from "node:assert/strict";
import { el, type Element, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { archivePreferences, setArchivePreferences } from "./xep_0441_archive_preferences.ts";

/** A client whose server answers so. */
function answering(answer: (iq: Element) => Element): XmppClient {
  const iq = (asked: Element) => Promise.resolve().then(() => answer(asked));
  return { iq } as unknown as XmppClient;
}
const prefs = (preference: string, ...children: Element[]) =>
  el(
    "iq",
    { type: "result" },
    el("prefs", { xmlns: NS.archive, default: preference }, ...children),
  );
const jids = (name: string, ...all: string[]) =>
  el(name, {}, ...all.map((jid) => el("jid", {}, jid)));

Deno.test("archivePreferences() reads default and lists, passing over what is no address", async () => {
  const client = answering(() =>
    prefs("roster", jids("always", "romeo@x.test/orchard", "@"), jids("never", " juliet@x.test "))
  );
  assert.deepEqual(await archivePreferences(client), {
    default: "roster",
    always: ["romeo@x.test"],
    never: ["juliet@x.test"],
  });
});

Deno.test("setArchivePreferences() sends all of them and returns what the server has", async () => {
  const sent: string[] = [];
  const client = answering((iq) => {
    sent.push(iq.getChild("prefs", NS.archive)!.toString());
    return prefs("always");
  });
  const wanted = { default: "never", always: ["romeo@x.test"], never: [] } as const;
  assert.deepEqual(await setArchivePreferences(client, wanted), {
    default: "always",
    always: [],
    never: [],
  });
  assert.match(sent[0]!, /default="never".*<always><jid>romeo@x.test<\/jid><\/always><never\/>/);
});

Deno.test("a server without preferences is told of as such, one that refuses otherwise", async () => {
  const refusing = (condition: "feature-not-implemented" | "resource-constraint") =>
    archivePreferences(answering(() => {
      throw new StanzaError("cancel", condition);
    }));
  await assert.rejects(refusing("feature-not-implemented"), { code: "no-archive-preferences" });
  await assert.rejects(refusing("resource-constraint"), { code: "archive-refused" });
  for (const odd of [el("iq", { type: "result" }), prefs("sometimes")]) {
    const read = archivePreferences(answering(() => odd));
    await assert.rejects(read, { code: "no-archive-preferences" });
  }
});
