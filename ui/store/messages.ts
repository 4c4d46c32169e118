/** Conversations loaded so far, oldest message first. */
import { signal } from "@preact/signals";
import { api } from "../api/routes.ts";
import type { MessageView } from "../api/views.ts";
import { further } from "./delivery.ts";
import { report } from "./notices.ts";

export interface Conversation {
  items: readonly MessageView[];
  /** No older message exists. */
  complete: boolean;
  loading: boolean;
}

const PAGE = 50;
const EMPTY: Conversation = { items: [], complete: false, loading: false };

export const conversations = signal<ReadonlyMap<string, Conversation>>(new Map());

/** Texts typed and not sent, by JID; they outlive a change of chat. */
export const drafts = new Map<string, string>();

/** Failed messages that were sent again, so that it is not done twice by mistake. */
export const resent = signal<ReadonlySet<string>>(new Set());

function put(jid: string, conversation: Conversation): void {
  conversations.value = new Map(conversations.value).set(jid, conversation);
}

/** Joins what is known and what an answer says by id, oldest first. */
export function merge(
  old: readonly MessageView[],
  fresh: readonly MessageView[],
): readonly MessageView[] {
  const byId = new Map(old.map((message) => [message.id, message]));
  for (const message of fresh) byId.set(message.id, further(byId.get(message.id), message));
  return [...byId.values()].sort((a, b) => a.at - b.at);
}

/** A message is new or changed. Chats never opened are loaded whole when they are. */
export function putMessage(message: MessageView): void {
  const conversation = conversations.value.get(message.contact);
  if (conversation === undefined) return;
  const others = conversation.items.filter(({ id }) => id !== message.id);
  put(message.contact, { ...conversation, items: merge(others, [message]) });
}

/** The answer to what was sent or corrected here; events may have come before it. */
export function putAnswer(message: MessageView): void {
  const known = conversations.value.get(message.contact)?.items.find(({ id }) => id === message.id);
  putMessage(further(known, message));
}

async function load(jid: string, before?: number): Promise<void> {
  const known = conversations.value.get(jid) ?? EMPTY;
  if (known.loading) return;
  put(jid, { ...known, loading: true });
  try {
    const page = await api.messages(
      jid,
      before === undefined ? { limit: PAGE } : { before, limit: PAGE },
    );
    const now = conversations.value.get(jid) ?? EMPTY;
    // The newest page says nothing about what lies before older pages that are here already.
    const complete = page.length < PAGE || (before === undefined && now.complete);
    put(jid, { items: merge(now.items, page), complete, loading: false });
  } catch (error) {
    put(jid, { ...(conversations.value.get(jid) ?? EMPTY), loading: false });
    report(error);
  }
}

/** Loads the newest messages: when a chat is opened and after the daemon was away. */
export function loadNewest(jid: string): Promise<void> {
  return load(jid);
}

/** Loads the page before the oldest message here. */
export async function loadOlder(jid: string): Promise<void> {
  const conversation = conversations.value.get(jid);
  const oldest = conversation?.items[0];
  if (conversation === undefined || conversation.complete || oldest === undefined) return;
  await load(jid, oldest.at);
}

export async function send(jid: string, body: string): Promise<void> {
  putAnswer(await api.sendMessage(jid, body));
}

export async function sendAgain(message: MessageView): Promise<void> {
  resent.value = new Set(resent.value).add(message.id);
  try {
    await send(message.contact, message.body);
  } catch (error) {
    const left = new Set(resent.value);
    left.delete(message.id);
    resent.value = left;
    report(error);
  }
}

/** Removes the line of a file that was forgotten. */
export function dropFileLine(jid: string, id: string): void {
  const conversation = conversations.value.get(jid);
  if (conversation === undefined) return;
  const items = conversation.items.filter((line) => line.kind !== "file" || line.id !== id);
  put(jid, { ...conversation, items });
}

/** Forgets a conversation here, when its contact was removed. */
export function dropConversation(jid: string): void {
  const left = new Map(conversations.value);
  left.delete(jid);
  conversations.value = left;
  drafts.delete(jid);
}
