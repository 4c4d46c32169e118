import { SimppdError } from "../base/mod.ts";
import { type Invocation, text, UsageError } from "./verb.ts";

/** Options with which one shows a registrar who one is. */
export const TICKET_OPTIONS = {
  by: { type: "string" },
  password: { type: "boolean" },
  certificate: { type: "string" },
  key: { type: "string" },
  ca: { type: "string" },
} as const;

export const TICKET_USAGE = [
  "           where the group names registrars, also: [--by NAME] which of them is asked, and",
  "           --password                        typed, or the first line of standard input",
  "           --certificate FILE --key FILE     a client certificate, PEM; kept sealed",
  "           --ca FILE                         authority of the registrar's certificate, PEM",
];

/**
 * What was given for a registrar, as the API takes it; nothing: `{}`.
 * @throws UsageError, SimppdError `bad-input` for a file that cannot be read
 */
export async function ticketOf(invocation: Invocation): Promise<{ ticket?: object }> {
  const { options, io } = invocation;
  const [by, certificate, key, ca] = ["by", "certificate", "key", "ca"].map((name) =>
    text(invocation, name)
  );
  if ((certificate === undefined) !== (key === undefined)) {
    throw new UsageError("--certificate goes with --key");
  }
  if (certificate !== undefined && options.password === true) {
    throw new UsageError(
      "--certificate does not go with --password: a registrar takes one of them",
    );
  }
  const password = options.password === true
    ? await io.secret("Password at the registrar: ")
    : undefined;
  if (password === "") throw new SimppdError("bad-input", "The password is empty.");
  const ticket = {
    ...by === undefined ? {} : { registrar: by },
    ...certificate === undefined ? {} : { certificate: read(certificate), key: read(key!) },
    ...ca === undefined ? {} : { ca: read(ca) },
    ...password === undefined ? {} : { password },
  };
  return Object.keys(ticket).length === 0 ? {} : { ticket };
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new SimppdError("bad-input", `${path} cannot be read.`, error);
  }
}
