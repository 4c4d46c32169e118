import { type Bytes, fromBase64, logOf, publicError, SimppdError, toBase64 } from "../base/mod.ts";
import type { Pictures as Stored } from "../store/mod.ts";
import type { PictureView } from "../views/mod.ts";
import { avatarHash, Avatars, avatarType, type Pep, type XmppClient } from "../xmpp/client/mod.ts";
import type { People } from "./people.ts";

/** Our own picture is shown small everywhere; in bytes. */
const MOST_OWN = 32_768;
/** Pictures that are being fetched at one time; more wait. */
const MOST_FETCHED = 2;
const MOST_WAITING = 500;

/** Pictures of contacts and our own, as everybody's programs show them (XEP-0084, XEP-0153). */
export class Pictures {
  readonly #stored: Stored;
  readonly #people: People;
  readonly #own: () => string;
  readonly #changed: () => void;
  readonly #waiting = new Map<string, string>();
  #avatars: Avatars | undefined;
  #fetching = 0;

  /** @param changed called when our own picture is another one */
  constructor(stored: Stored, people: People, own: () => string, changed: () => void) {
    this.#stored = stored;
    this.#people = people;
    this.#own = own;
    this.#changed = changed;
  }

  /** Uses this connection from now on. */
  attach(client: XmppClient, pep: Pep): void {
    const avatars = this.#avatars = new Avatars(client, pep);
    avatars.changed.on(({ jid, hash }) => this.#take(avatars, jid, hash));
  }

  hash(jid: string): string | null {
    return this.#stored.hash(jid);
  }

  /** @throws SimppdError `no-picture` */
  view(jid: string): PictureView {
    const picture = this.#stored.get(jid);
    const type = picture && avatarType(picture.data);
    if (picture === undefined || type === undefined) {
      throw new SimppdError("no-picture", `${jid} shows no picture.`);
    }
    return { hash: picture.hash, type, data: toBase64(picture.data) };
  }

  /** Shows everybody who sees us this picture, or none. @throws SimppdError `bad-picture`, `not-online` */
  async set(base64: string | null): Promise<void> {
    if (this.#avatars === undefined) {
      throw new SimppdError("not-online", "There is no connection to the server right now.");
    }
    const avatar = base64 === null ? null : readPicture(base64);
    try {
      await this.#avatars.publish(avatar);
    } catch (error) {
      throw new SimppdError(
        "picture-refused",
        `The server does not take the picture: ${publicError(error).message}`,
        error,
      );
    }
    this.#keep(this.#own(), avatar === null ? null : avatar.data);
  }

  #take(avatars: Avatars, jid: string, hash: string | null): void {
    const own = jid === this.#own();
    if (!own && (!this.#people.has(jid) || this.#people.isBlocked(jid))) return;
    if (hash === this.#stored.hash(jid)) return;
    if (hash === null) return this.#keep(jid, null);
    if (this.#waiting.size >= MOST_WAITING) return;
    this.#waiting.set(jid, hash);
    void this.#fetch(avatars);
  }

  async #fetch(avatars: Avatars): Promise<void> {
    if (this.#fetching >= MOST_FETCHED) return;
    this.#fetching++;
    try {
      for (const [jid, hash] of this.#waiting) {
        this.#waiting.delete(jid);
        try {
          const avatar = await avatars.fetch(jid, hash);
          if (avatar !== undefined) this.#keep(jid, avatar.data);
        } catch (error) {
          logOf("app").debug("picture of {jid} not fetched: {error}", { jid, error });
        }
      }
    } finally {
      this.#fetching--;
    }
  }

  #keep(jid: string, data: Bytes | null): void {
    if (data === null) this.#stored.remove(jid);
    else this.#stored.put(jid, avatarHash(data), data);
    if (jid === this.#own()) this.#changed();
    else this.#people.touch(jid);
  }
}

function readPicture(base64: string) {
  let data: Bytes;
  try {
    data = fromBase64(base64);
  } catch (error) {
    throw new SimppdError("bad-picture", "The picture is not base64.", error);
  }
  const type = avatarType(data);
  if (type === undefined || data.length > MOST_OWN) {
    throw new SimppdError(
      "bad-picture",
      `A picture is PNG, JPEG, GIF or WebP of ${MOST_OWN / 1024} KiB at most; this one ` +
        (type === undefined ? "is none of these." : `has ${Math.ceil(data.length / 1024)} KiB.`),
    );
  }
  return { type, data };
}
