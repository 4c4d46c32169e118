import { SimppdError } from "../base/mod.ts";

/**
 * Something sealed did not open. There is one such error with one sentence, whatever the cause:
 * who tampers must learn nothing from how it failed.
 */
export class OpenError extends SimppdError {
  constructor() {
    super(
      "open-failed",
      "This could not be opened: it was changed on the way or not meant for us.",
    );
  }
}
