import { SimppdError, utf8 } from "../../base/mod.ts";
import { type Element, LIMITS_BEFORE_AUTH, NS, StreamReader } from "../core/mod.ts";
import { streamHeader } from "./framing.ts";
import type { Transport } from "./transport.ts";

/**
 * Asks for TLS on a connection in clear, up to the server's `<proceed/>` (RFC 6120 section 5).
 * Nothing but the domain is said in clear, and nothing read in clear outlives this call.
 * @throws SimppdError `starttls-missing` when the server offers no TLS, `starttls-injected` when
 * anything follows `<proceed/>` in clear
 */
export async function requestTls(transport: Transport, domain: string): Promise<void> {
  const queue: Element[] = [];
  const reader = new StreamReader({
    onOpen: () => {},
    onStanza: (stanza) => queue.push(stanza),
    onClose: () => {
      throw missing("it ended the stream");
    },
  }, LIMITS_BEFORE_AUTH);

  // Byte by byte, so that what stands behind an answer in the same segment is noticed.
  const receive = async (): Promise<{ stanza: Element; more: boolean }> => {
    for (let spent = 0; spent < LIMITS_BEFORE_AUTH.bytes;) {
      const bytes = await transport.read();
      if (bytes === null) throw missing("it hung up");
      spent += bytes.length;
      for (let i = 0; i < bytes.length; i++) {
        reader.write(bytes.subarray(i, i + 1));
        const stanza = queue.shift();
        if (stanza !== undefined) return { stanza, more: i + 1 < bytes.length };
      }
    }
    throw missing("it sent too much before it");
  };

  await transport.write(utf8(streamHeader(domain)));
  const { stanza: features } = await receive();
  if (!features.is("features", NS.stream)) throw missing(`it sent <${features.name}>`);
  if (features.getChild("starttls", NS.tls) === undefined) throw missing("it does not offer TLS");
  await transport.write(utf8(`<starttls xmlns='${NS.tls}'/>`));
  const { stanza: answer, more } = await receive();
  if (!answer.is("proceed", NS.tls)) throw missing(`it answered <${answer.name}>`);
  if (more) {
    throw new SimppdError(
      "starttls-injected",
      "Something was put between the server's answer and its encryption; the connection was ended.",
    );
  }
}

function missing(why: string): SimppdError {
  return new SimppdError(
    "starttls-missing",
    `The server would not begin encryption (${why}), and without it nothing is sent.`,
  );
}
