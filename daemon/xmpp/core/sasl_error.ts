import { SimppdError } from "../../base/mod.ts";

/** A login failed; `condition` is that of `<failure/>` (RFC 6120 section 6.5). */
export class SaslError extends SimppdError {
  readonly condition:
    | "not-authorized"
    | "malformed-request"
    | "invalid-authzid"
    | "credentials-expired";

  constructor(code: string, publicMessage: string, condition: SaslError["condition"]) {
    super(code, publicMessage);
    this.condition = condition;
  }
}
