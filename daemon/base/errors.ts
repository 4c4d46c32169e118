/** Anything that goes wrong in a way a person or a script must be told about. */
export class SimppdError extends Error {
  /** Stable, lower-case, hyphenated: scripts match on it. */
  readonly code: string;
  /** One sentence a person can act on; the only text that leaves the daemon. */
  readonly publicMessage: string;

  /**
   * @param code stable identifier, such as `state-locked`
   * @param publicMessage what was expected, what came, what to do
   * @param cause the internal error, for the log only
   */
  constructor(code: string, publicMessage: string, cause?: unknown) {
    super(publicMessage, cause === undefined ? undefined : { cause });
    this.name = "SimppdError";
    this.code = code;
    this.publicMessage = publicMessage;
  }
}

/** The code and sentence that may be shown for any thrown value; internals stay hidden. */
export function publicError(error: unknown): { code: string; message: string } {
  if (error instanceof SimppdError) return { code: error.code, message: error.publicMessage };
  return { code: "internal", message: "Something failed inside simppd; the log has the details." };
}
