import { fromBase64, SimppdError, toHex } from "../../base/mod.ts";
import type { ProvedDevice } from "../../group/mod.ts";
import { registrarTrouble } from "./registrar_trouble.ts";

const TIMEOUT = 15_000;
const MAX_ANSWER = 16_384;

/** What one shows to a registrar, and how one knows it. */
export interface Credentials {
  /** Client certificate and key, PEM. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  readonly password?: { readonly user: string; readonly password: string };
  /** PEM of authorities that are believed beside the system's. */
  readonly ca?: readonly string[];
}

/**
 * Asks a registrar at an https URL for a ticket of this device for a group (32 hex digits).
 * @throws SimppdError `bad-input`, `registrar-silent`, `registrar-untrusted`, or the registrar's own refusal
 */
export async function fetchTicket(
  url: string,
  group: string,
  { deviceKey, accountKey }: Pick<ProvedDevice, "deviceKey" | "accountKey">,
  { certificate, password, ca }: Credentials,
): Promise<Uint8Array<ArrayBuffer>> {
  if (URL.parse(url)?.protocol !== "https:") {
    throw new SimppdError("bad-input", `A registrar is asked at an https URL, not at ${url}.`);
  }
  using client = httpClient({
    ...(ca === undefined ? {} : { caCerts: [...ca] }),
    ...(certificate === undefined ? {} : { cert: certificate.certificate, key: certificate.key }),
  });
  const asked = { group, deviceKey: toHex(deviceKey), accountKey: toHex(accountKey), ...password };
  let answer: { ticket?: unknown; error?: { code?: unknown; message?: unknown } };
  try {
    const response = await fetch(url, {
      client,
      method: "POST",
      body: JSON.stringify(asked),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const text = await response.text();
    if (text.length > MAX_ANSWER) throw new RangeError("too long");
    answer = JSON.parse(text);
  } catch (error) {
    throw registrarTrouble(url, error);
  }
  if (typeof answer.ticket === "string") return fromBase64(answer.ticket);
  const { code, message } = answer.error ?? {};
  throw new SimppdError(
    typeof code === "string" ? code : "registrar-silent",
    typeof message === "string" ? message : `The registrar at ${url} gave no ticket.`,
  );
}

/** @throws SimppdError `bad-input` for what is no PEM, or a key of another certificate */
function httpClient(options: Deno.CreateHttpClientOptions & Partial<Deno.TlsCertifiedKeyPem>) {
  try {
    return Deno.createHttpClient(options as Deno.CreateHttpClientOptions);
  } catch (error) {
    throw new SimppdError(
      "bad-input",
      "Certificate, key and authorities must be PEM, and the key be that of the certificate.",
      error,
    );
  }
}
