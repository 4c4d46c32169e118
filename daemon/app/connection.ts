import { SimppdError } from "../base/mod.ts";
import type { AccountState, LoginView, Problem } from "../views/mod.ts";
import {
  announceCaps,
  answerVersion,
  Disco,
  type Endpoint,
  HttpUpload,
  MessageArchive,
  Pep,
  Presence,
  Rooms,
  Roster,
  type TlsTrust,
  XmppClient,
} from "../xmpp/client/mod.ts";
import { loginSecretOf } from "./login_keys.ts";
import type { AccountSettings } from "./settings.ts";

/** The XMPP connection of the account, with what simppd uses of it. */
export class Connection {
  readonly client: XmppClient;
  readonly archive: MessageArchive;
  readonly rooms: Rooms;
  readonly roster: Roster;
  readonly presence: Presence;
  readonly pep: Pep;
  readonly upload: HttpUpload;
  /** Where the person said that the server is; undefined where its domain tells. */
  readonly host: string | undefined;
  state: AccountState = "connecting";
  problem: Problem | null = null;

  /**
   * @param changed called at each change of `state` or `problem`
   * @param carriedAt where the server is that this daemon carries, asked at each try
   */
  constructor(account: AccountSettings, changed: () => void, carriedAt?: () => Endpoint[]) {
    const trust: TlsTrust = account.pin === null
      ? { kind: "ca" }
      : { kind: "pin", pin: account.pin };
    const hosts = carriedAt?.() ?? [...account.hosts];
    this.client = new XmppClient({
      jid: account.jid,
      ...loginSecretOf(account),
      trust,
      ...(hosts.length === 0 ? {} : { endpoints: carriedAt ?? hosts }),
    });
    // Without capabilities servers would not push what contacts publish (XEP-0163 section 4.3.2).
    announceCaps(this.client, new Disco(this.client, "simppd", "urn:simppd"));
    answerVersion(this.client, "simppd");
    // What comes out of a room's archive is no message of the room's, and no contact's either.
    this.archive = new MessageArchive(this.client);
    this.rooms = new Rooms(this.client);
    this.roster = new Roster(this.client);
    this.presence = new Presence(this.client);
    this.pep = new Pep(this.client);
    const host = this.host = hosts[0]?.host;
    this.upload = new HttpUpload(this.client, {
      domain: this.client.jid.domain,
      trust,
      ...(host === undefined ? {} : { host }),
    });
    this.client.events.on(({ state, problem }) => {
      this.state = state;
      this.problem = problem;
      changed();
    });
  }

  /** How the present login went; null while there is none. */
  get login(): LoginView | null {
    const { login } = this.client;
    if (login === undefined) return null;
    const { mechanism, mutual, profile } = login;
    return { mechanism, mutual, profile };
  }

  /** @throws SimppdError when the account cannot be used as it is */
  connect(): Promise<void> {
    return this.client.connect();
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** What stands in for a connection that is not there. */
export function notOnline(): SimppdError {
  return new SimppdError("not-online", "There is no connection to the server right now.");
}
