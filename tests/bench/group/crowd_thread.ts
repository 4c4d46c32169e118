import type { Bytes } from "../../../daemon/base/mod.ts";
import type { ProvedDevice } from "../../../daemon/group/mod.ts";
import type { Target } from "../xmpp/load_client.ts";

/** What a thread begins with. */
export interface ThreadOptions {
  readonly kind: "begin";
  readonly names: readonly string[];
  readonly target: Omit<Target, "password">;
  readonly password: Readonly<Record<string, string>>;
  /** Text of the group's specification. */
  readonly specification: string;
  /** The key server's account key. */
  readonly keyServer: Bytes;
}

/** What one member is to do. */
export type Deed =
  | { kind: "answer"; from: { jid: string; device: string }; payload: Uint8Array }
  | { kind: "publish"; payload: Bytes }
  | { kind: "say"; text: string }
  | { kind: "make"; room: string; most: number }
  | { kind: "enter"; room: string }
  | { kind: "join" | "leave" | "close" };
export type Asked = ThreadOptions | (Deed & { id: number; name: string });

/** What comes out of a thread. */
export type Said =
  | { kind: "done"; id: number; error: string | null }
  | { kind: "request"; name: string; proved: ProvedDevice; payload: Uint8Array }
  | { kind: "epoch"; name: string; epoch: number }
  | { kind: "text"; name: string; text: string }
  | { kind: "refused"; name: string; cause: string };

/** A member in another thread. */
export class DistantMember {
  /** The newest epoch it has the key of. */
  epoch = 0;
  /** Called with each message of the group that was opened. */
  onText: (text: string) => void = () => {};
  /** What was refused, by cause. */
  readonly refused = new Map<string, number>();
  /** Has it do something. @throws Error as it failed there */
  readonly ask: (deed: Deed) => Promise<void>;

  constructor(ask: (deed: Deed) => Promise<void>) {
    this.ask = ask;
  }
}

/** A thread with some of a crowd in it. */
export class CrowdThread {
  readonly members: ReadonlyMap<string, DistantMember>;
  readonly #worker = new Worker(new URL("./crowd_worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  readonly #request: (name: string, from: ProvedDevice, payload: Uint8Array) => void;
  #next = 0;

  /** @param request called with what a member asks of the key server */
  constructor(
    options: Omit<ThreadOptions, "kind">,
    request: (name: string, from: ProvedDevice, payload: Uint8Array) => void,
  ) {
    this.#request = request;
    this.members = new Map(
      options.names.map((name) => [name, new DistantMember((deed) => this.#ask(name, deed))]),
    );
    this.#worker.onmessage = ({ data }: MessageEvent<Said>) => this.#heard(data);
    this.#worker.postMessage({ kind: "begin", ...options } satisfies ThreadOptions);
  }

  async close(): Promise<void> {
    await Promise.all([...this.members.values()].map((member) => member.ask({ kind: "close" })));
    this.#worker.terminate();
  }

  #ask(name: string, deed: Deed): Promise<void> {
    const id = this.#next++;
    const done = Promise.withResolvers<void>();
    this.#waiting.set(id, done);
    this.#worker.postMessage({ ...deed, id, name });
    return done.promise;
  }

  #heard(said: Said): void {
    if (said.kind === "done") {
      const done = this.#waiting.get(said.id)!;
      this.#waiting.delete(said.id);
      return said.error === null ? done.resolve() : done.reject(new Error(said.error));
    }
    if (said.kind === "request") return this.#request(said.name, said.proved, said.payload);
    const member = this.members.get(said.name)!;
    if (said.kind === "epoch") member.epoch = said.epoch;
    else if (said.kind === "text") member.onText(said.text);
    else member.refused.set(said.cause, (member.refused.get(said.cause) ?? 0) + 1);
  }
}
