import { connect, type Socket } from "node:net";
import { SimppdError } from "../../base/mod.ts";
import { noServer, readControlFile, socketPath } from "./control_file.ts";
import { JsonLines } from "./control_line.ts";
import { controlProof, proves, randomWord } from "./control_proof.ts";
import type { ServerRequestAnswer, ServerRequestInput, ServerRequestName } from "./requests.ts";

/** Ten thousand accounts in a list, with room to spare. */
const LONGEST_ANSWER = 16 << 20;
/** How long the door may take to greet and to answer, in ms: counting large archives is slowest. */
const GREETING_PATIENCE = 5_000;
const PATIENCE = 60_000;

/**
 * Asks the server that runs on `folder`, the data directory of one that runs alone or the state
 * directory of a daemon that carries one.
 * @throws SimppdError `no-server`, `no-answer`, or what the server says
 */
export async function askServer<Name extends ServerRequestName>(
  folder: string,
  ask: Name,
  input: ServerRequestInput<Name>,
): Promise<ServerRequestAnswer<Name>> {
  const { port, token } = await readControlFile(folder);
  const path = socketPath(folder);
  if (port === null && path === undefined) throw noServer(folder);
  const target = port === null ? { path: path! } : { host: "127.0.0.1", port };
  const socket = await connected(folder, target);
  try {
    const lines = new JsonLines(socket, LONGEST_ANSWER);
    const { nonce } = await lines.read(GREETING_PATIENCE) as { nonce?: unknown };
    const greeting = {
      token,
      place: `${port}`,
      doorNonce: typeof nonce === "string" ? nonce : "",
      callerNonce: randomWord(),
    };
    const proof = controlProof("caller", greeting);
    lines.write({ nonce: greeting.callerNonce, proof });
    const shown = await lines.read(GREETING_PATIENCE) as { proof?: unknown };
    // Nothing is asked of what only listens where the server did.
    if (!proves(shown.proof, "door", greeting)) throw noServer(folder);
    lines.write({ ask, input });
    const { answer, error } = await lines.read(PATIENCE) as {
      answer?: ServerRequestAnswer<Name>;
      error?: { code: string; message: string };
    };
    if (error !== undefined) throw new SimppdError(error.code, error.message);
    return answer as ServerRequestAnswer<Name>;
  } finally {
    socket.destroy();
  }
}

function connected(
  folder: string,
  target: { path: string } | { host: string; port: number },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(target, () => {
      socket.off("error", refused);
      socket.on("error", () => {});
      resolve(socket);
    });
    const refused = (error: Error) => reject(noServer(folder, error));
    socket.on("error", refused);
  });
}
