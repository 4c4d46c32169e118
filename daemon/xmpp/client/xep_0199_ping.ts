import { logOf, sleep } from "../../base/mod.ts";
import { el, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/** How long the server may take to answer a ping, unless pings are more frequent than that. */
const ANSWER_MS = 15_000;

/**
 * XMPP Ping (XEP-0199): answers pings, and after `everyMs` of silence pings the server; no answer
 * means that the connection is dead, and a new one is made.
 */
export function keepAlive(client: XmppClient, everyMs: number): void {
  client.hooks.feature(NS.ping);
  client.hooks.iq("get", "ping", NS.ping, () => undefined);
  client.hooks.connected((_, signal) => void watch(client, everyMs, signal));
}

async function watch(client: XmppClient, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const silent = performance.now() - client.heard;
    if (silent < everyMs) {
      await sleep(everyMs - silent, signal);
      continue;
    }
    try {
      await client.iq(el("iq", { type: "get" }, el("ping", { xmlns: NS.ping })), {
        to: client.jid.domain,
        timeoutMs: Math.min(everyMs, ANSWER_MS),
      });
    } catch (error) {
      // A refusal is a sign of life as well.
      if (signal.aborted || error instanceof StanzaError) continue;
      logOf("xmpp").info("the server does not answer a ping: {error}", { error });
      client.reconnect();
      return;
    }
  }
}
