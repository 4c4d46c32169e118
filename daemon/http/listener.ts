import { logOf, SimppdError, sleep } from "../base/mod.ts";
import { refusal } from "./refusal.ts";

/** How long requests under way may take to end when the door closes, in ms. */
const GRACE = 500;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;

export type Handler = (request: Request) => Response | Promise<Response>;

/**
 * An HTTP server on 127.0.0.1 that listens again when accepting fails: too many connections, ours or
 * another's, use up the process's file descriptors, and the platform's server ends over it. That
 * server has neither a bound on connections nor a deadline for headers, so this is where connections
 * that are held open end.
 */
export class Listener {
  #server: Deno.HttpServer<Deno.NetAddr>;
  readonly port: number;
  readonly #handler: Handler;
  readonly #lost: () => void;
  readonly #closing = new AbortController();
  /** Ends the connections of the server that listens now. */
  #hard = new AbortController();
  readonly #kept: Promise<void>;

  /**
   * @param port wanted port; 0: any free one
   * @param exact is that port an error when it is taken? Else any free one is used
   * @param lost called when we stopped listening against our will: anybody can listen there then
   */
  constructor(port: number, exact: boolean, handler: Handler, lost: () => void) {
    this.#handler = handler;
    this.#lost = lost;
    this.#server = this.#firstServer(port, exact);
    this.port = this.#server.addr.port;
    this.#kept = this.#keep();
  }

  /** Waits half a second for requests under way, then ends them. */
  async close(): Promise<void> {
    this.#closing.abort();
    const waited = new AbortController();
    const ended = await Promise.race([
      this.#server.shutdown().then(() => true, () => true),
      sleep(GRACE, waited.signal).then(() => false),
    ]);
    waited.abort();
    if (!ended) this.#hard.abort();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    for (;;) {
      try {
        return await this.#server.finished;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        logOf("http").error("the local API stopped listening: {error}", { error });
        this.#lost();
        // Who holds connections without asking anything is not known from others: all are let go,
        // or the files that are missing would never come back.
        this.#hard.abort();
      }
      for (let wait = FIRST_WAIT;; wait = Math.min(wait * 2, LONGEST_WAIT)) {
        await sleep(wait, this.#closing.signal);
        if (this.#closing.signal.aborted) return;
        try {
          this.#server = this.#serve(this.port);
          break;
        } catch (error) {
          logOf("http").warn("the local API cannot listen yet: {error}", { error });
        }
      }
    }
  }

  #firstServer(port: number, exact: boolean): Deno.HttpServer<Deno.NetAddr> {
    try {
      return this.#serve(port);
    } catch (error) {
      if (port === 0 || !(error instanceof Deno.errors.AddrInUse)) throw error;
      if (exact) {
        throw new SimppdError(
          "port-in-use",
          `Port ${port} of 127.0.0.1 is taken. End what has it, or name another with --port ` +
            "(0 takes any free one).",
          error,
        );
      }
      logOf("http").warn("port {port} is taken; another one is used", { port });
      return this.#serve(0);
    }
  }

  #serve(port: number): Deno.HttpServer<Deno.NetAddr> {
    this.#hard = new AbortController();
    return Deno.serve({
      hostname: "127.0.0.1",
      port,
      signal: this.#hard.signal,
      onListen() {},
      onError: refusal,
    }, this.#handler);
  }
}
