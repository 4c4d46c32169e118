import { toHex } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { refused } from "./admission.ts";
import type { RegistrarEntry, Specification } from "./specification.ts";

/**
 * Keystone's key server with separate registrars, beside the one with a registrar embedded: it
 * registers nobody by their SIMPP identity alone, so that authentication is no work of its own and
 * who runs it decides which registrars there are.
 * @param registrars those it works with; none: whoever a specification names, or nobody
 * @throws SimppdError `registrars-needed` naming them, unless the group names some and no others
 */
export function requireSeparate(
  registrars: readonly RegistrarEntry[],
  { registrars: named }: Specification,
): void {
  if (registrars.length === 0) return;
  const isOurs = ({ key, method }: RegistrarEntry) =>
    registrars.some((each) => each.method === method && equal(each.key, key));
  if (named.length > 0 && named.every(isOurs)) return;
  const lines = registrars.map(({ name, key, method, address }) =>
    `${name} ${toHex(key)} ${method} ${address}`
  );
  throw refused(
    "registrars-needed",
    "This key server leaves it to registrars who somebody is: a group here must name some of " +
      `these, and no others: ${lines.join("; ")}.`,
  );
}
