import { el, type Element, NS, readSmCounter, StreamError } from "../../core/mod.ts";
import type { Session } from "../session.ts";
import type { Stage, StagedStream } from "./stage.ts";
import type { StreamHost } from "./stream_host.ts";
import {
  enableManagement,
  managementFailed,
  managementFeature,
} from "../xep_0198_stream_management.ts";

/** A stream with a session: stanzas are routed, acknowledgements counted. */
export class BoundStream implements Stage {
  readonly session: Session;
  readonly #host: StreamHost;
  readonly #stream: StagedStream;

  constructor(host: StreamHost, stream: StagedStream, session: Session) {
    this.#host = host;
    this.#stream = stream;
    this.session = session;
  }

  features(): Element[] {
    return [managementFeature(), ...this.#host.hooks.streamFeatures("bound")];
  }

  handle(element: Element): Promise<void> | void {
    if (element.getNS() === NS.streamManagement) return this.#manage(element);
    const nonza = this.#host.hooks.nonzaHandler(element);
    return nonza === undefined ? this.#route(element) : nonza(this.session, element);
  }

  /** Routes a stanza; who it crowded gets time to read before the next one. */
  #route(stanza: Element): Promise<void> | undefined {
    const { session } = this;
    const { crowded, limits, router } = this.#host;
    crowded.clear();
    const work = router.route(session, stanza) ?? undefined;
    session.management?.took();
    if (work !== undefined) {
      const working = work.finally(() => {
        if (session.working === working) session.working = undefined;
      });
      session.working = working;
      // It is waited for below; who resumes the session looks at it as well.
      working.catch(() => {});
    }
    this.#stream.uncrowd(crowded);
    if (crowded.size === 0) return work;
    const rooms = [...crowded].map((connection) => connection.room(limits.crowdedHoldMs));
    crowded.clear();
    return Promise.all([work, ...rooms]).then(() => {});
  }

  #manage(element: Element): void {
    const { session } = this;
    const { management } = session;
    const name = element.getName();
    if (name === "enable") {
      return this.#stream.send(enableManagement(this.#host, session, element));
    }
    if (management === undefined || (name !== "a" && name !== "r")) {
      return this.#stream.send(managementFailed("unexpected-request"));
    }
    if (name === "r") return this.#acknowledge();
    const h = readSmCounter(element.attrs.h);
    if (h === undefined) throw new StreamError("bad-format", "an acknowledgement counts stanzas");
    session.acknowledged(h);
    if (management.relieved()) this.#host.hooks.relieved.run(session);
  }

  /** Says what was taken, once all that it led to is stored for good. */
  #acknowledge(): void {
    // While it cannot be stored it is not taken: the client will ask again.
    if (!this.#host.storage.settle()) return;
    const h = String(this.session.management!.received);
    this.#stream.send(el("a", { xmlns: NS.streamManagement, h }));
  }
}
