import { join } from "node:path";
import { Emitter } from "../base/mod.ts";
import {
  announceCaps,
  Disco,
  Pep,
  Presence,
  registerByInvitation,
  Roster,
  XmppClient,
} from "../xmpp/client/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { App } from "./gate.ts";
import { readInvitation } from "./invitation.ts";

const PASSWORD = "pass of dora and more";

/** A contact whose program speaks XMPP and knows nothing of simppd; who asks to see her, may. */
export class Dora {
  readonly got: Element[] = [];
  readonly came = new Emitter<Element>();
  readonly pep: Pep;
  constructor(readonly client: XmppClient, readonly jid: string, readonly alice: string) {
    announceCaps(client, new Disco(client, "dora", "https://example.org/dora"));
    const roster = new Roster(client);
    new Presence(client);
    this.pep = new Pep(client);
    roster.events.on((event) => {
      if (event.kind !== "request") return;
      roster.approve(event.request.jid.toString());
      roster.subscribe(event.request.jid.toString());
    });
    client.hooks.message((stanza) => {
      this.got.push(stanza);
      this.came.emit(stanza);
    });
  }

  static async join(link: string): Promise<Dora> {
    const { domain, inviter, hosts, pin, token } = readInvitation(link);
    const endpoints = hosts.map((host) => ({ ...host, tls: "direct" as const }));
    const trust = { kind: "pin" as const, pin };
    await registerByInvitation({
      domain,
      endpoints,
      trust,
      token,
      username: "dora",
      password: PASSWORD,
    });
    const jid = `dora@${domain}`;
    const client = new XmppClient({ jid, password: PASSWORD, endpoints, trust });
    const dora = new Dora(client, jid, inviter!.toString());
    await client.connect();
    return dora;
  }

  say(text: string, id: string, ...more: Element[]): void {
    const body = el("body", {}, text);
    this.client.send(el("message", { to: this.alice, type: "chat", id }, body, ...more));
  }
  heard(fits: (stanza: Element) => boolean): Promise<unknown> {
    return until(this.came, () => this.got.some(fits));
  }
}

/** Waits until `condition` holds, looking again at each event; fails after 10 s. */
export function until<T>(events: Emitter<T>, condition: () => boolean): Promise<void> {
  if (condition()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = events.on(() => {
      if (!condition()) return;
      clearTimeout(timer);
      stop();
      resolve();
    });
    const timer = setTimeout(() => {
      stop();
      reject(new Error("it did not happen within 10 s"));
    }, 10_000);
  });
}

/** Alice with simppd, and Dora with a program that knows nothing of it. */
export async function withDora(
  work: (alice: App, dora: Dora, state: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-plain-" });
  const alice = await App.open({ state: join(root, "alice"), callHosts: ["127.0.0.1"] });
  let dora: Dora | undefined;
  try {
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    dora = await Dora.join((await alice.invite()).link);
    await alice.addContact({ jid: dora.jid });
    await until(alice.events, () => alice.contacts()[0]?.subscription === "both");
    await work(alice, dora, join(root, "alice"));
  } finally {
    await dora?.client.close();
    await alice.close();
    await Deno.remove(root, { recursive: true });
  }
}
