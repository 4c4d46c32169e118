import { SimppdError } from "../base/mod.ts";
import type { ArchiveView } from "../views/mod.ts";
import {
  type ArchivePreferences,
  archivePreferences,
  setArchivePreferences,
  type XmppClient,
} from "../xmpp/client/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import { notOnline } from "./connection.ts";

/** Addresses of both lists together that may be chosen. */
const MOST = 500;

/** What the account wants its server's archive to keep: asked each time, nothing of it is here. */
export class ArchiveChoice {
  #client: XmppClient | undefined;

  attach(client: XmppClient): void {
    this.#client = client;
  }

  /** @throws SimppdError `not-online`, `no-archive-preferences` */
  async get(): Promise<ArchiveView> {
    return view(await archivePreferences(this.#online()));
  }

  /** @throws SimppdError as {@link get}, `bad-input`, `bad-jid`, `archive-refused` */
  async set(wanted: ArchiveView): Promise<ArchiveView> {
    const always = bareJids(wanted.always);
    const never = bareJids(wanted.never);
    if (always.length + never.length > MOST) {
      throw new SimppdError(
        "bad-input",
        `At most ${MOST} addresses can have a choice of their own.`,
      );
    }
    const both = always.find((jid) => never.includes(jid));
    if (both !== undefined) {
      throw new SimppdError("bad-input", `${both} is both kept and not kept; choose one.`);
    }
    return view(
      await setArchivePreferences(this.#online(), { default: wanted.default, always, never }),
    );
  }

  #online(): XmppClient {
    if (this.#client?.state !== "online") throw notOnline();
    return this.#client;
  }
}

function bareJids(jids: readonly string[]): string[] {
  return [...new Set(jids.map((jid) => Jid.parse(jid).bare().toString()))];
}

function view({ default: preference, always, never }: ArchivePreferences): ArchiveView {
  return { default: preference, always: [...always], never: [...never] };
}
