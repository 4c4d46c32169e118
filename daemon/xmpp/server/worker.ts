import { logOf, publicError, SimppdError } from "../../base/mod.ts";
import type {
  AdministrationAnswer,
  AdministrationInput,
  ServerAdministration,
} from "./administration.ts";
import type { AccountSecret, ListenAddress, ServerControl, ServerOptions } from "./options.ts";
import { XmppServer } from "./server.ts";
import { runIfMysqlWorker } from "./storage/mysql_worker.ts";
import { forwardLog, logForwarded, type LogLine } from "./worker_log.ts";

/** Name of the server's Worker, by which its thread knows what it is. */
const WORKER_NAME = "simppd-xmpp-server";

/** What can be asked of the Worker: `start` first, then the methods of {@link ServerControl}. */
type Methods = ServerControl & { start(options: ServerOptions): Promise<ListenAddress> };
type Method = keyof Methods;

interface Request {
  id: number;
  method: Method;
  args: unknown[];
}

type Reply =
  | { id: number; ok: true; value: unknown; address: ListenAddress | undefined }
  | { id: number; ok: false; code: string; message: string };

/** What the Worker sends: answers, and its log. */
type FromWorker = Reply | { log: LogLine };

/** A carried server in its Worker. */
export interface CarriedServer extends ServerControl {
  readonly host: string;
  readonly port: number;
  /** HTTPS, where it is wanted: its port, and the address others reach it by. */
  readonly httpsPort: number | undefined;
  readonly httpsUrl: string | undefined;
  /** Undefined when STARTTLS is not offered. */
  readonly starttlsPort: number | undefined;
  /** Resolves with the error when the Worker dies by itself; never rejects, and stays open else. */
  readonly crashed: Promise<unknown>;
}

/**
 * Starts the carried server in a Worker of its own, so that it never stalls a picture.
 * @throws SimppdError `cannot-listen`, `schema-newer`, `bad-jid`, `server-crashed`
 */
export async function startCarriedServer(options: ServerOptions): Promise<CarriedServer> {
  const carrier = new Carrier();
  try {
    await carrier.call("start", options);
  } catch (error) {
    carrier.terminate();
    throw error;
  }
  return carrier;
}

/** This thread's end of the Worker. */
class Carrier implements CarriedServer {
  readonly crashed: Promise<unknown>;
  readonly #worker: Worker;
  #waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  #next = 1;
  #address: ListenAddress = { host: "", port: 0 };
  #gone: SimppdError | undefined;
  #stopping: Promise<void> | undefined;

  constructor() {
    // In the executable this is the whole bundle, whose entry hands over to runIfServerWorker().
    this.#worker = new Worker(import.meta.url, { type: "module", name: WORKER_NAME });
    const crash = Promise.withResolvers<unknown>();
    this.crashed = crash.promise;
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ("log" in data) logForwarded(data.log);
      else this.#take(data);
    };
    this.#worker.onerror = (event) => {
      // Handled here; without this the error would end the whole process.
      event.preventDefault();
      const cause = event.error ?? event.message;
      logOf("xmpp-server").error("the server's worker died: {cause}", { cause });
      this.#end("server-crashed", "The carried server stopped working; start simppd again.", cause);
      this.#worker.terminate();
      crash.resolve(cause);
    };
  }

  get host(): string {
    return this.#address.host;
  }
  get port(): number {
    return this.#address.port;
  }
  get httpsPort(): number | undefined {
    return this.#address.httpsPort;
  }
  get httpsUrl(): string | undefined {
    return this.#address.httpsUrl;
  }
  get starttlsPort(): number | undefined {
    return this.#address.starttlsPort;
  }

  createAccount(username: string, secret: AccountSecret) {
    return this.call("createAccount", username, secret);
  }
  createInvitation(inviterJid: string | null, ttlSeconds: number, note?: string) {
    return this.call("createInvitation", inviterJid, ttlSeconds, note);
  }
  listen(host: string, port: number, starttlsPort?: number, httpsPort?: number) {
    return this.call("listen", host, port, starttlsPort, httpsPort);
  }
  stats() {
    return this.call("stats");
  }
  administer<Name extends keyof ServerAdministration>(
    name: Name,
    ...args: AdministrationInput<Name>
  ): Promise<AdministrationAnswer<Name>> {
    const asked = [name, ...args] as unknown as Parameters<ServerControl["administer"]>;
    return this.call("administer", ...asked) as Promise<AdministrationAnswer<Name>>;
  }
  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): ReturnType<Methods[M]> {
    const id = this.#next++;
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#gone !== undefined) return reject(this.#gone);
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } satisfies Request);
    });
    return answer as ReturnType<Methods[M]>;
  }

  terminate(): void {
    this.#worker.terminate();
    this.#end("server-stopped", "The carried server was stopped; start it again.");
  }

  async #stop(): Promise<void> {
    // A server that crashed is stopped already.
    if (this.#gone === undefined) {
      await this.call("stop").catch((error) => {
        if (this.#gone === undefined) throw error;
      });
    }
    this.terminate();
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (!reply.ok) return waiting?.reject(new SimppdError(reply.code, reply.message));
    if (reply.address !== undefined) this.#address = reply.address;
    waiting?.resolve(reply.value);
  }

  #end(code: string, message: string, cause?: unknown): void {
    this.#gone ??= new SimppdError(code, message, cause);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#gone);
  }
}

/** What a Worker's global scope has and this thread's has not. */
interface WorkerScope {
  name?: string;
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}

let serving = false;

/**
 * Serves the requests of {@link startCarriedServer} when this thread is the server's Worker, and
 * those of its storage when it is the Worker of that.
 * @returns whether it is: then the caller does nothing else
 */
export function runIfServerWorker(): boolean {
  if (runIfMysqlWorker()) return true;
  const scope = self as unknown as WorkerScope;
  if (scope.name !== WORKER_NAME) return false;
  if (serving) return true;
  serving = true;
  forwardLog((log) => scope.postMessage({ log }));
  const methods = new ServerThread();
  scope.onmessage = async ({ data: { id, method, args } }) => {
    try {
      const call = methods[method] as (...args: unknown[]) => Promise<unknown>;
      const value = await call.apply(methods, args);
      scope.postMessage({ id, ok: true, value, address: methods.address });
    } catch (error) {
      logOf("xmpp-server").error("{method} failed: {error}", { method, error });
      scope.postMessage({ id, ok: false, ...publicError(error) });
    }
  };
  return true;
}

/** The Worker's end. */
class ServerThread implements Methods {
  #server: XmppServer | undefined;

  get address(): ListenAddress | undefined {
    return this.#server?.listening;
  }
  async start(options: ServerOptions): Promise<ListenAddress> {
    this.#server = await XmppServer.start(options);
    return this.address!;
  }
  createAccount(username: string, secret: AccountSecret) {
    return this.#running.createAccount(username, secret);
  }
  createInvitation(inviterJid: string | null, ttlSeconds: number, note?: string) {
    return this.#running.createInvitation(inviterJid, ttlSeconds, note);
  }
  listen(host: string, port: number, starttlsPort?: number, httpsPort?: number) {
    return this.#running.listen(host, port, starttlsPort, httpsPort);
  }
  stats() {
    return this.#running.stats();
  }
  administer<Name extends keyof ServerAdministration>(
    name: Name,
    ...args: AdministrationInput<Name>
  ) {
    return this.#running.administer(name, ...args);
  }
  stop() {
    return this.#running.stop();
  }

  get #running(): XmppServer {
    if (this.#server === undefined) {
      throw new SimppdError("server-stopped", "The carried server has not been started.");
    }
    return this.#server;
  }
}

// Loaded by itself, outside of the bundle, this file is the Worker's entry.
runIfServerWorker();
