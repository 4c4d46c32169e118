import { SimppdError } from "../base/mod.ts";
import type { AppEvent, ContactView, MessageView } from "../views/mod.ts";
import { contactPath, LocalApi } from "./local_api.ts";
import { expectWords, text, UsageError, type Verb, whole } from "./verb.ts";

export const send: Verb = {
  name: "send",
  summary: "Send a message and wait until the server has it",
  usage: [
    "send JID TEXT [--wait sent|delivered] [--timeout SECONDS]",
    "                                             TEXT may be - : read from standard input",
  ],
  options: { wait: { type: "string" }, timeout: { type: "string" } },
  async run(invocation) {
    const [jid, words] = expectWords(invocation.words, "JID", "TEXT") as [string, string];
    const wanted = text(invocation, "wait") ?? "sent";
    if (wanted !== "sent" && wanted !== "delivered") {
      throw new UsageError(`--wait takes sent or delivered, not "${wanted}"`);
    }
    const seconds = whole(invocation, "timeout", 1, 3600) ?? 30;
    const body = words === "-" ? await invocation.io.rest() : words;

    const api = await LocalApi.open(invocation.state);
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), seconds * 1000);
    try {
      // Listening first: the message may be gone before the answer to the request is here.
      const events = await api.events(over.signal);
      const sent = await api.ask<MessageView>("POST", contactPath(jid, "/messages"), { body });
      const message = await settled(sent, wanted, events);
      return { value: message, text: `${message.delivery}` };
    } catch (error) {
      if (error instanceof SimppdError && error.code === "no-keys") throw noKeys(jid, error);
      if (!over.signal.aborted) throw error;
      const contacts = await api.ask<ContactView[]>("GET", "/api/contacts");
      const contact = contacts.find((each) => each.jid === jid);
      if (contact?.trust.state === "unknown" && !contact.plain) throw noKeys(jid, error);
      throw new SimppdError(
        "timeout",
        `The message is not ${wanted} after ${seconds} s; simppd goes on trying.`,
        error,
      );
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  },
};

function noKeys(jid: string, cause: unknown): SimppdError {
  return new SimppdError(
    "no-keys",
    `${jid} has no keys, so nothing can be sealed for them: they have not started simppd with this ` +
      `address. To write to them without encryption: simppd contact plain ${jid}`,
    cause,
  );
}

/** Follows a message until it is as far as wanted. @throws SimppdError when it failed */
async function settled(
  sent: MessageView,
  wanted: "sent" | "delivered",
  events: AsyncIterable<AppEvent>,
): Promise<MessageView> {
  const done = (message: MessageView) => {
    if (message.delivery === "failed") {
      throw new SimppdError(
        message.problem?.code ?? "not-sent",
        message.problem?.message ?? "The message could not be sent.",
      );
    }
    const { delivery } = message;
    return delivery === "delivered" || delivery === "seen" || delivery === wanted;
  };
  if (done(sent)) return sent;
  for await (const event of events) {
    if (event.type === "message" && event.data.id === sent.id && done(event.data)) {
      return event.data;
    }
  }
  throw new SimppdError("no-answer", "simppd ended before the message was sent.");
}
