import { SimppdError } from "../../base/mod.ts";
import {
  IbbWay,
  type OnProgress,
  type OutgoingFile,
  type Source,
  type WantedFile,
  type Way,
} from "../../files/mod.ts";
import { InBandBytestreams, type XmppClient } from "../../xmpp/client/mod.ts";
import type { Jid } from "../../xmpp/core/mod.ts";

/** In-band bytestreams over whichever connection there is. */
export class LiveIbb implements Way {
  readonly kind = "ibb";
  readonly #mayMeet: (contact: string) => boolean;
  readonly #devices: (contact: string) => readonly Jid[];
  #way: IbbWay | undefined;

  /**
   * @param mayMeet whether they may learn from us that we are there
   * @param devices full addresses under which a contact can be reached now
   */
  constructor(
    mayMeet: (contact: string) => boolean,
    devices: (contact: string) => readonly Jid[],
  ) {
    this.#mayMeet = mayMeet;
    this.#devices = devices;
  }

  /** Uses this connection from now on. */
  attach(client: XmppClient): void {
    const streams = new InBandBytestreams(client);
    this.#way = new IbbWay({
      client,
      streams,
      mayMeet: this.#mayMeet,
      devices: this.#devices,
    });
  }

  usable(peer: string): boolean {
    return this.#way?.usable(peer) ?? false;
  }

  offer(file: OutgoingFile, signal: AbortSignal, onProgress: OnProgress): Promise<Source> {
    return this.#need().offer(file, signal, onProgress);
  }

  withdraw(id: string): void {
    this.#way?.withdraw(id);
  }

  fetch(
    source: Source,
    file: WantedFile,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    return this.#need().fetch(source, file, offset, sink, signal, onProgress);
  }

  #need(): IbbWay {
    if (this.#way !== undefined) return this.#way;
    throw new SimppdError("offline", "There is no connection to your server at the moment.");
  }
}
