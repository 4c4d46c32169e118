/** What one archive keeps of one peer. */
export interface PeerShare {
  /** Bare JID. */
  readonly peer: string;
  readonly messages: number;
  readonly bytes: number;
}

interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/** Part of an archive that strangers together keep when contacts want the rest of it. */
const STRANGERS_SHARE = 0.1;

/**
 * What each peer may keep so that all fits into `most`. The largest give first, down to one level:
 * who writes much takes nothing from those who wrote little. Strangers give before contacts do.
 * @param peers all of one archive
 * @param familiar is a peer one whom the owner of the archive knows?
 * @returns the bounds of those that are over theirs
 */
export function sharesWithin(
  peers: readonly PeerShare[],
  familiar: (peer: string) => boolean,
  most: Amount,
): Map<string, Amount> {
  const known = new Map(peers.map(({ peer }) => [peer, familiar(peer)]));
  const contacts = peers.filter(({ peer }) => known.get(peer));
  const strangers = peers.filter(({ peer }) => !known.get(peer));
  const levels = { contacts: { messages: 0, bytes: 0 }, strangers: { messages: 0, bytes: 0 } };
  for (const kind of ["messages", "bytes"] as const) {
    const [ofContacts, ofStrangers] = [contacts, strangers]
      .map((some) => some.map((each) => each[kind]));
    const theirs = Math.max(most[kind] * STRANGERS_SHARE, most[kind] - sum(ofContacts!));
    levels.strangers[kind] = level(ofStrangers!, theirs);
    levels.contacts[kind] = level(ofContacts!, most[kind] - Math.min(theirs, sum(ofStrangers!)));
  }
  const over = new Map<string, Amount>();
  for (const { peer, messages, bytes } of peers) {
    const bound = levels[known.get(peer) ? "contacts" : "strangers"];
    if (messages > bound.messages || bytes > bound.bytes) over.set(peer, bound);
  }
  return over;
}

/** The bound for each of `amounts` with which they are at most `most` together. */
function level(amounts: readonly number[], most: number): number {
  let rest = most;
  const ascending = amounts.toSorted((a, b) => a - b);
  for (const [index, amount] of ascending.entries()) {
    const share = rest / (ascending.length - index);
    if (amount > share) return share;
    rest -= amount;
  }
  return Infinity;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((all, amount) => all + amount, 0);
}
