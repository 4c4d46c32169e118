import { createServer, type Server, type Socket } from "node:net";
import { logOf, publicError, SimppdError } from "../../base/mod.ts";
import { removeControlFile, socketPath, writeControlFile } from "./control_file.ts";
import { JsonLines } from "./control_line.ts";
import { controlProof, proves, randomWord } from "./control_proof.ts";

/** Callers at a time; one more is turned away. */
const MOST_CALLERS = 16;
const LONGEST_REQUEST = 16 * 1024;
/** How long a caller may take to prove itself and to ask, in ms each. */
const PATIENCE = 5_000;
/** Past what any answer takes, in ms: who does not fetch its answer goes. */
const LONGEST_SILENCE = 120_000;

/** Answers what a caller asks. @throws SimppdError what the caller is told */
export type ControlAnswer = (ask: unknown, input: unknown) => Promise<unknown>;

/**
 * Where a running server is administered: a Unix socket (0600) in its directory, or loopback TCP
 * where there are none. JSON lines: the door's nonce; the caller's with a proof that it knows the
 * token of `server-control.json`; the door's own proof; then one request and its answer.
 */
export class ControlDoor {
  readonly #folder: string;
  readonly #answer: ControlAnswer;
  readonly #token = randomWord();
  readonly #server: Server;
  readonly #callers = new Set<Socket>();
  #place = "";

  private constructor(folder: string, answer: ControlAnswer) {
    this.#folder = folder;
    this.#answer = answer;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /**
   * @param folder a directory of the caller's alone, for as long as the door is open
   * @throws SimppdError `no-control`
   */
  static async open(folder: string, answer: ControlAnswer): Promise<ControlDoor> {
    const door = new ControlDoor(folder, answer);
    try {
      await door.#listen();
      return door;
    } catch (error) {
      door.#server.close();
      throw new SimppdError(
        "no-control",
        `No control socket can be made in ${folder}; check that it can be written to.`,
        error,
      );
    }
  }

  /** Ends all callers. */
  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#callers) socket.destroy();
    await removeControlFile(this.#folder);
  }

  async #listen(): Promise<void> {
    const path = socketPath(this.#folder);
    // What a killed server left; the directory is ours.
    if (path !== undefined) await Deno.remove(path).catch(() => {});
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(path === undefined ? { host: "127.0.0.1", port: 0 } : { path }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#server.on("error", (error) => logOf("app").warn("control door: {error}", { error }));
    if (path !== undefined) await Deno.chmod(path, 0o600);
    const port = path === undefined ? (this.#server.address() as { port: number }).port : null;
    this.#place = `${port}`;
    await writeControlFile(this.#folder, { port, token: this.#token });
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#callers.size >= MOST_CALLERS) return void socket.destroy();
    this.#callers.add(socket);
    socket.setTimeout(LONGEST_SILENCE, () => socket.destroy());
    socket.on("close", () => this.#callers.delete(socket));
    const lines = new JsonLines(socket, LONGEST_REQUEST);
    this.#serve(lines).then(() => lines.end(), (error) => {
      logOf("app").warn("a caller at the control door was turned away: {error}", { error });
      lines.destroy();
    });
  }

  async #serve(lines: JsonLines): Promise<void> {
    const doorNonce = randomWord();
    lines.write({ nonce: doorNonce });
    const { nonce, proof } = await lines.read(PATIENCE) as { nonce?: unknown; proof?: unknown };
    const greeting = {
      token: this.#token,
      place: this.#place,
      doorNonce,
      callerNonce: typeof nonce === "string" ? nonce : "",
    };
    if (!proves(proof, "caller", greeting)) {
      throw new SimppdError("wrong-token", "The caller does not know the token.");
    }
    lines.write({ proof: controlProof("door", greeting) });
    const { ask, input } = await lines.read(PATIENCE) as { ask?: unknown; input?: unknown };
    try {
      lines.write({ answer: await this.#answer(ask, input) ?? null });
    } catch (error) {
      if (!(error instanceof SimppdError)) {
        logOf("app").error("{ask} failed: {error}", { ask, error });
      }
      lines.write({ error: publicError(error) });
    }
  }
}
