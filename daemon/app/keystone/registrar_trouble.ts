import { SimppdError } from "../../base/mod.ts";

/** Why the HTTP client went no further, as its innermost error says; then what a person can do. */
const REASONS: readonly (readonly [sign: RegExp, code: string, words: (url: URL) => string])[] = [
  [
    /CaUsedAsEndEntity/,
    "registrar-untrusted",
    () =>
      "its certificate is an authority's own (CA:TRUE), which no server may show. Make it one of " +
      "its own, with basicConstraints CA:FALSE",
  ],
  [
    /not valid for name|NotValidForName/,
    "registrar-untrusted",
    ({ hostname }) =>
      `its certificate is not for ${hostname}. It has to name that (subjectAltName), or be asked ` +
      "at the name it has",
  ],
  [
    /UnknownIssuer/,
    "registrar-untrusted",
    () =>
      "its certificate is of no authority that is known here. Give its authority's certificate " +
      "(--ca FILE, or in the dashboard)",
  ],
  [
    /certificate expired|: Expired/,
    "registrar-untrusted",
    () => "its certificate has expired. It needs a new one",
  ],
  [
    /NotValidYet/,
    "registrar-untrusted",
    () => "its certificate is not valid yet. Is the clock right, here and there?",
  ],
  [
    /invalid peer certificate/,
    "registrar-untrusted",
    () => "its certificate does not hold. See the log for what is wrong with it",
  ],
  [
    /fatal alert|HandshakeFailure|CertificateRequired/i,
    "registrar-silent",
    () => "it ended the TLS handshake: it wants a client certificate of its authorities",
  ],
  [
    /dns error|lookup address/,
    "registrar-silent",
    ({ hostname }) => `${hostname} is not found. Is the name right?`,
  ],
  [
    /Connection refused|os error 111|os error 61|os error 10061/,
    "registrar-silent",
    () => "nothing listens there. Does it run?",
  ],
  [
    /TimeoutError|timed out/,
    "registrar-silent",
    () => "it did not answer in time. Try again later",
  ],
];

/** What is told of a question to a registrar that got no answer. */
export function registrarTrouble(url: string, error: unknown): SimppdError {
  const said = wholeStory(error);
  const [, code, words] = REASONS.find(([sign]) => sign.test(said)) ?? [];
  if (code === undefined || words === undefined) {
    return new SimppdError("registrar-silent", `The registrar at ${url} gave no answer.`, error);
  }
  const reason = words(new URL(url));
  const end = reason.endsWith("?") ? "" : ".";
  return new SimppdError(code, `The registrar at ${url} was not asked: ${reason}${end}`, error);
}

/** The messages of an error and of its causes: fetch() itself says only that it failed. */
function wholeStory(error: unknown): string {
  const said: string[] = [];
  for (let each = error; each instanceof Error && said.length < 8; each = each.cause) {
    said.push(`${each.name}: ${each.message}`);
  }
  return said.join("; ");
}
