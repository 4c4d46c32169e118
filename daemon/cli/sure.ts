import { SimppdError } from "../base/mod.ts";
import { type Invocation, UsageError } from "./verb.ts";

/**
 * What cannot be undone needs `--yes`, or a yes from who sits at the terminal.
 * @param done what is not done after a no, such as "removed"
 * @throws SimppdError `not-removed` and the like; UsageError where nobody can be asked
 */
export function sure({ options, io, json }: Invocation, question: string, done: string): void {
  if (options.yes === true) return;
  const answer = json ? undefined : io.confirm?.(question);
  if (answer === undefined) throw new UsageError("this cannot be undone: --yes is missing");
  if (!answer) throw new SimppdError(`not-${done}`, `Nothing was ${done}.`);
}
