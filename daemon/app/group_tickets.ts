import { type Bytes, SimppdError } from "../base/mod.ts";
import type { ProvedDevice, RegistrarEntry, Specification } from "../group/mod.ts";
import type { StoredCertificate, StoredGroups } from "../store/mod.ts";
import type { GroupTicketInput } from "./api.ts";
import { askOnce } from "./group_asking.ts";
import type { GroupLink } from "./group_link.ts";
import { type Credentials, fetchTicket } from "./keystone/registrar_client.ts";

/** What each way of a registrar wants, in words. */
const WANTS: Readonly<Record<RegistrarEntry["method"], string>> = {
  simpp: "nothing but your keys",
  certificate: "a client certificate with its key",
  directory: "your password there",
};

interface TicketsOptions {
  readonly control: GroupLink;
  readonly self: () => ProvedDevice;
  readonly stored: StoredGroups;
}

/**
 * Tickets of the registrars that specifications name. A password is shown to the one registrar that
 * it is meant for, and forgotten with the question it came with; a certificate is kept sealed.
 */
export class GroupTickets {
  readonly #o: TicketsOptions;
  readonly #given = new Map<string, GroupTicketInput>();

  constructor(options: TicketsOptions) {
    this.#o = options;
  }

  /** Does `work` with what a person gave for the registrars of a group, and forgets it. */
  async with<T>(
    group: string,
    given: GroupTicketInput | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (given === undefined) return await work();
    this.#given.set(group, given);
    try {
      return await work();
    } finally {
      if (this.#given.get(group) === given) this.#given.delete(group);
    }
  }

  /**
   * A ticket for this device.
   * @throws SimppdError `ticket-needed` naming the registrars and what they want,
   *   `unknown-registrar`, `registrar-silent`, or a registrar's own refusal
   */
  async ticket(specification: Specification): Promise<Bytes> {
    const { group, registrars } = specification;
    const given = this.#given.get(group) ?? {};
    const kept = this.#storedGroup(group)?.certificate;
    const certificate = certificateOf(given);
    const chosen = choose(registrars, given, certificate ?? kept);
    const { address } = chosen;
    if (chosen.method === "simpp") return await this.#bySimpp(group, address);
    const self = this.#o.self();
    const ca = chosen.method === "certificate" ? given.ca ?? kept?.ca : given.ca;
    const trusted = ca === undefined ? {} : { ca: [ca] };
    if (chosen.method === "directory") {
      // The ticket is for the address the key server sees, so nobody else's password would do.
      const password = { user: self.jid, password: given.password! };
      return await fetchTicket(address, group, self, { password, ...trusted });
    }
    const shown: Credentials = { certificate: (certificate ?? kept)!, ...trusted };
    const ticket = await fetchTicket(address, group, self, shown);
    const { certificate: pem, key } = (certificate ?? kept)!;
    this.#keep(group, { certificate: pem, key, ...ca === undefined ? {} : { ca } });
    return ticket;
  }

  #storedGroup(group: string) {
    return this.#o.stored.byId(group);
  }

  #keep(group: string, certificate: StoredCertificate): void {
    const known = this.#storedGroup(group);
    if (known !== undefined) this.#o.stored.put({ ...known, certificate });
  }

  async #bySimpp(group: string, jid: string): Promise<Bytes> {
    const silent = new SimppdError("registrar-silent", `The registrar ${jid} gave no answer.`);
    const question = { kind: "authenticate", user: "", password: "" } as const;
    const answer = await askOnce(this.#o.control, jid, group, question, silent);
    if (answer.kind !== "ticket") throw silent;
    return answer.ticket;
  }
}

/**
 * Who makes a group with registrars needs a ticket as well: better told before anything is made.
 * @throws SimppdError as {@link GroupTickets.ticket} for what is missing
 */
export function requireOwnTicket(
  registrars: readonly RegistrarEntry[],
  given: GroupTicketInput = {},
): void {
  if (registrars.length === 0) return;
  try {
    choose(registrars, given, certificateOf(given));
  } catch (error) {
    if (!(error instanceof SimppdError) || error.code !== "ticket-needed") throw error;
    throw new SimppdError(
      error.code,
      `${error.publicMessage} Who makes the group needs one too: simppd group make takes ` +
        "--password, or --certificate and --key, and --ca, as join does. Nothing was made.",
      error,
    );
  }
}

/** Is this a registrar of a group, and not its key server? */
export function isRegistrar({ keyServer, registrars }: Specification, jid: string): boolean {
  return keyServer.jid !== jid && registrars.some(({ address }) => address === jid);
}

/**
 * The one registrar that is asked: what is secret is never shown to several in turn.
 * @throws SimppdError `ticket-needed`, `unknown-registrar`
 */
function choose(
  registrars: readonly RegistrarEntry[],
  given: GroupTicketInput,
  certificate: object | undefined,
): RegistrarEntry {
  const has: Readonly<Record<RegistrarEntry["method"], boolean>> = {
    simpp: true,
    certificate: certificate !== undefined,
    directory: given.password !== undefined,
  };
  const named = registrars.filter(({ name }) =>
    given.registrar === undefined || name === given.registrar
  );
  if (named.length === 0) {
    const names = registrars.map(({ name }) => name).join(", ");
    throw new SimppdError(
      "unknown-registrar",
      `The group has no registrar "${given.registrar}"; it has ${names}.`,
    );
  }
  const wanted = given.password !== undefined
    ? "directory"
    : given.certificate !== undefined
    ? "certificate"
    : undefined;
  const able = named.filter(({ method }) => wanted === undefined ? has[method] : method === wanted);
  const free = able.find(({ method }) => method === "simpp");
  if (free !== undefined) return free;
  if (able.length === 1) return able[0]!;
  throw ticketNeeded(able.length === 0 ? named : able, able.length > 1);
}

function ticketNeeded(registrars: readonly RegistrarEntry[], several: boolean): SimppdError {
  const list = registrars.map(({ name, address, method }) =>
    `${name} (${address}) wants ${WANTS[method]}`
  ).join("; ");
  const what = several ? "Say which registrar is to be asked" : "Give one of them what it wants";
  return new SimppdError(
    "ticket-needed",
    `This group takes who has a ticket of a registrar. ${list}. ${what}, and ask again.`,
  );
}

/** @throws SimppdError `bad-input` for a certificate without its key */
function certificateOf({ certificate, key }: GroupTicketInput) {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  throw new SimppdError(
    "bad-input",
    "A client certificate goes with its private key, both as PEM.",
  );
}
