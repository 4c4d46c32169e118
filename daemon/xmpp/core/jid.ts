import { SimppdError, utf8 } from "../../base/mod.ts";

const MAX_PART = 1023;
const IPV6 = /^\[[0-9a-f:.]{2,45}\]$/;
/** Parts that normalisation leaves as they are: what nearly all addresses are made of. */
const PLAIN_LOCAL = /^[a-z0-9._=+-]{1,1023}$/;
const PLAIN_DOMAIN = /^(?=.{1,1023}$)[a-z0-9]+(?:[.-][a-z0-9]+)*$/;
const PLAIN_RESOURCE = /^[ -~]{1,1023}$/;
const LABEL = /^[\p{L}\p{N}\p{M}_](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}_])?$/u;

/**
 * An XMPP address `local@domain/resource` (RFC 7622), normalised: local part and domain in NFC and
 * lower case, so that equal addresses are equal strings. The PRECIS profiles in a practical subset:
 * what has a compatibility form, controls, formatting characters and spaces are refused.
 */
export class Jid {
  /** "" when there is none. */
  readonly local: string;
  readonly domain: string;
  /** "" when there is none. */
  readonly resource: string;
  #text: string | undefined;

  private constructor(local: string, domain: string, resource: string) {
    this.local = local;
    this.domain = domain;
    this.resource = resource;
  }

  /** @throws SimppdError `bad-jid` */
  static parse(text: string): Jid {
    const slash = text.indexOf("/");
    const head = slash < 0 ? text : text.slice(0, slash);
    const at = head.indexOf("@");
    return new Jid(
      at < 0 ? "" : localPart(head.slice(0, at), text),
      domainPart(head.slice(at + 1), text),
      slash < 0 ? "" : resourcePart(text.slice(slash + 1), text),
    );
  }

  /** `undefined` for what is absent or no address. */
  static tryParse(text: string | undefined): Jid | undefined {
    if (text === undefined) return undefined;
    try {
      return Jid.parse(text);
    } catch {
      return undefined;
    }
  }

  /** The address without resource. */
  bare(): Jid {
    return this.resource === "" ? this : new Jid(this.local, this.domain, "");
  }

  /** This account at another resource. @throws SimppdError `bad-jid` */
  withResource(resource: string): Jid {
    return new Jid(this.local, this.domain, resourcePart(resource, resource));
  }

  equals(other: Jid): boolean {
    return this.bareEquals(other) && this.resource === other.resource;
  }

  bareEquals(other: Jid): boolean {
    return this.local === other.local && this.domain === other.domain;
  }

  toString(): string {
    return this.#text ??= (this.local && `${this.local}@`) + this.domain +
      (this.resource && `/${this.resource}`);
  }
}

function localPart(raw: string, whole: string): string {
  if (PLAIN_LOCAL.test(raw)) return raw;
  const local = sized(narrow(raw).toLowerCase().normalize("NFC"), whole, "the part before @");
  if (/["&'/:<>@\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(local)) {
    throw bad(whole, "the part before @ holds a character that is not allowed there");
  }
  if (local.normalize("NFKC") !== local) {
    throw bad(whole, "the part before @ holds a character with a look-alike form");
  }
  return local;
}

function domainPart(raw: string, whole: string): string {
  if (PLAIN_DOMAIN.test(raw)) return raw;
  const name = narrow(raw).toLowerCase().normalize("NFC").replace(/[\u3002]/g, ".");
  const domain = sized(name.endsWith(".") ? name.slice(0, -1) : name, whole, "the domain");
  const labels = domain.split(".");
  const fits = IPV6.test(domain) ||
    (domain.normalize("NFKC") === domain && labels.every((label) => LABEL.test(label)));
  if (!fits) throw bad(whole, "its domain is no domain name");
  return domain;
}

function resourcePart(raw: string, whole: string): string {
  if (PLAIN_RESOURCE.test(raw)) return raw;
  const resource = sized(raw.replace(/\p{Zs}/gu, " ").normalize("NFC"), whole, "the part after /");
  if (/[\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u.test(resource)) {
    throw bad(whole, "the part after / holds a character that is not allowed there");
  }
  return resource;
}

/** Full-width and half-width forms as their ordinary characters (RFC 8264 section 5.2.1). */
function narrow(text: string): string {
  return text.replace(/[\uFF01-\uFFEF\u3000]/g, (c) => c.normalize("NFKC"));
}

function sized(part: string, whole: string, what: string): string {
  if (part === "") throw bad(whole, `${what} is empty`);
  if (utf8(part).length > MAX_PART) throw bad(whole, `${what} is longer than ${MAX_PART} bytes`);
  return part;
}

function bad(whole: string, why: string): SimppdError {
  const shown = whole.length > 60 ? whole.slice(0, 60) + "…" : whole;
  return new SimppdError(
    "bad-jid",
    `"${shown.toWellFormed()}" is no XMPP address like name@example.org: ${why}.`,
  );
}
