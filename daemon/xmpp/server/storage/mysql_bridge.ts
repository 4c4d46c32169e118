import { receiveMessageOnPort } from "node:worker_threads";
import type { MysqlTarget } from "./location.ts";
import {
  MYSQL_WORKER_NAME,
  type MysqlFailure,
  type MysqlReply,
  type MysqlRequest,
  type MysqlResult,
  type MysqlSetup,
  runIfMysqlWorker,
} from "./mysql_worker.ts";

/** What {@link MysqlBridge.ask} is given. */
export type Ask = WithoutId<MysqlRequest>;
type WithoutId<R> = R extends MysqlRequest ? Omit<R, "id"> : never;

/** And what it answers. */
export type Answer =
  | { readonly ok: true; readonly result: MysqlResult }
  | { readonly ok: false; readonly failure: MysqlFailure };

/** Opening takes this long at most: the Worker's start, the connection, the lock. */
const OPEN_MS = 30_000;
/** The Worker keeps the deadline itself; past this it hangs. */
const GRACE_MS = 2_000;
/** More connections than one Worker will ever make. */
const CONNECTIONS_PER_WORKER = 1e9;

/**
 * Lets a thread wait for a connection that lives in a Worker: the thread sleeps on shared memory
 * until the Worker has put its answer into a port.
 */
export class MysqlBridge {
  readonly #target: MysqlTarget;
  readonly #lock: string;
  #workers = 0;
  #worker!: Worker;
  #port!: MessagePort;
  #answers!: Int32Array;
  #id = 0;
  #owner: string | undefined;

  /** @param lock that only one server may hold in the whole database server */
  constructor(target: MysqlTarget, lock: string) {
    this.#target = target;
    this.#lock = lock;
    this.#start();
  }

  /** Waits for the answer, no longer than the deadline and a bit. */
  ask(request: Ask): Answer {
    const id = ++this.#id;
    if (request.kind === "own") this.#owner = request.owner;
    this.#port.postMessage({ id, ...request } satisfies MysqlRequest);
    const patience = request.kind === "open" ? OPEN_MS : this.#target.deadlineMs + GRACE_MS;
    const end = performance.now() + patience;
    while (true) {
      const seen = Atomics.load(this.#answers, 0);
      for (let reply; (reply = this.#received()) !== undefined;) {
        if (reply.id === id) return reply;
      }
      const left = end - performance.now();
      if (left <= 0) break;
      Atomics.wait(this.#answers, 0, seen, left);
    }
    this.#replace();
    const message = `no answer for ${patience / 1000} s`;
    return { ok: false, failure: { kind: "lost", code: "deadline", errno: 0, message } };
  }

  close(): void {
    this.ask({ kind: "close" });
    this.#end();
  }

  #received(): MysqlReply | undefined {
    // deno-lint-ignore no-explicit-any -- the types of Node and of the Web differ, the port is one
    return receiveMessageOnPort(this.#port as any)?.message as MysqlReply | undefined;
  }

  #start(): void {
    // In the executable this is the whole bundle, whose entry hands over to runIfMysqlWorker().
    this.#worker = new Worker(import.meta.url, { type: "module", name: MYSQL_WORKER_NAME });
    const { port1, port2 } = new MessageChannel();
    const answers = new SharedArrayBuffer(4);
    this.#port = port1;
    this.#answers = new Int32Array(answers);
    const setup = {
      port: port2,
      answers,
      target: this.#target,
      lock: this.#lock,
      firstConnection: this.#workers++ * CONNECTIONS_PER_WORKER,
    };
    this.#worker.postMessage(setup satisfies MysqlSetup, [port2]);
  }

  #end(): void {
    this.#worker.terminate();
    this.#port.close();
  }

  #replace(): void {
    this.#end();
    this.#start();
    const request = { id: ++this.#id, kind: "reopen", owner: this.#owner } as const;
    this.#port.postMessage(request satisfies MysqlRequest);
  }
}

// Loaded by itself, outside of the bundle, this file is the Worker's entry.
runIfMysqlWorker();
