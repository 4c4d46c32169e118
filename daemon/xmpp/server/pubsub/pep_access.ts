import { StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import { isSeenBy } from "../presence/subscription_state.ts";
import type { PepAffiliation } from "../storage/pep_affiliations.ts";
import type { PepConfig } from "../storage/pep_nodes.ts";
import type { PepSubscription } from "../storage/pep_subscriptions.ts";
import type { RosterItem } from "../storage/rosters.ts";
import { PubsubError } from "./pubsub_error.ts";

/** Is `person` nobody to the account: neither itself nor somebody who sees its presence? */
export function isStranger(host: Host, account: string, person: string): boolean {
  if (person === account) return false;
  return !isSeenBy(host.storage.rosters.get(account, host.address(person).toString()));
}

type Standing = Pick<RosterItem, "subscription" | "groups">;

/** How somebody stands with the owner and the node. */
interface Standings {
  contact(person: string): Standing | undefined;
  affiliation(person: string): PepAffiliation | undefined;
  subscriptions(person: string): readonly PepSubscription[];
}

/**
 * Who may have to do with one node (XEP-0060 sections 4.1 and 4.5), as things stand while it lives:
 * asked again for every item, so that what an owner closes is closed at once. Persons are local parts
 * of this domain's addresses.
 */
export class NodeAccess {
  readonly config: PepConfig;
  readonly #owner: string;
  readonly #standings: Standings;

  private constructor(owner: string, config: PepConfig, standings: Standings) {
    this.#owner = owner;
    this.config = config;
    this.#standings = standings;
  }

  /** To be asked about one person or few: looks up what it is asked for. */
  static ofFew(host: Host, owner: string, node: string, config: PepConfig): NodeAccess {
    const { rosters, pepAffiliations, pepSubscriptions } = host.storage;
    return new NodeAccess(owner, config, {
      contact: (person) => rosters.get(owner, host.address(person).toString()),
      affiliation: (person) => pepAffiliations.get(owner, node, person),
      subscriptions: (person) => pepSubscriptions.by(owner, node, person),
    });
  }

  /**
   * To be asked about many: reads roster and affiliations once.
   * @param subscriptions to the node
   */
  static ofMany(
    host: Host,
    owner: string,
    node: string,
    config: PepConfig,
    subscriptions: readonly PepSubscription[],
  ): NodeAccess {
    const { rosters, pepAffiliations } = host.storage;
    const affiliations = once(() => pepAffiliations.of(owner, node));
    const roster = once(() => new Map(rosters.list(owner).map((item) => [item.contact, item])));
    const bySubscriber = once(() => Map.groupBy(subscriptions, ({ subscriber }) => subscriber));
    return new NodeAccess(owner, config, {
      contact: (person) => roster().get(host.address(person).toString()),
      affiliation: (person) => affiliations().get(person),
      subscriptions: (person) => bySubscriber().get(person) ?? [],
    });
  }

  /** Many nodes of one owner, to be asked about one person alone. */
  static ofPerson(
    host: Host,
    owner: string,
    person: string,
  ): (node: string, config: PepConfig) => NodeAccess {
    const { rosters, pepAffiliations, pepSubscriptions } = host.storage;
    const affiliations = once(() =>
      new Map(pepAffiliations.between(owner, person).map((one) => [one.node, one.affiliation]))
    );
    const contact = once(() => rosters.get(owner, host.address(person).toString()));
    return (node, config) =>
      new NodeAccess(owner, config, {
        contact,
        affiliation: () => affiliations().get(node),
        subscriptions: () => pepSubscriptions.by(owner, node, person),
      });
  }

  affiliation(person: string): PepAffiliation | undefined {
    return this.#standings.affiliation(person);
  }

  /** May `person` read the items and be told of them? */
  may(person: string): boolean {
    return this.refusal(person) === undefined;
  }

  /** What keeps `person` from reading; undefined when nothing does (section 6.5.9). */
  refusal(person: string): StanzaError | undefined {
    if (person === this.#owner) return undefined;
    switch (this.affiliation(person)) {
      case "outcast":
      case "publish-only":
        return new StanzaError("auth", "forbidden");
      case "publisher":
      case "member":
        return undefined;
    }
    switch (this.config.accessModel) {
      case "open":
        return undefined;
      case "presence":
        if (this.isContact(person)) return undefined;
        return new PubsubError("auth", "not-authorized", "presence-subscription-required");
      case "roster": {
        const groups = this.isContact(person) ? this.#standings.contact(person)!.groups : [];
        if (groups.some((group) => this.config.rosterGroups.includes(group))) return undefined;
        return new PubsubError("auth", "not-authorized", "not-in-roster-group");
      }
      case "authorize": {
        const states = this.#standings.subscriptions(person).map(({ state }) => state);
        if (states.includes("subscribed")) return undefined;
        const why = states.length > 0 ? "pending-subscription" : "not-subscribed";
        return new PubsubError("auth", "not-authorized", why);
      }
      case "whitelist":
        return new PubsubError("cancel", "not-allowed", "closed-node");
    }
  }

  /** May `person` ask for a subscription that the owner then decides on (section 4.5)? */
  mayAsk(person: string): boolean {
    return this.config.accessModel === "authorize" && this.affiliation(person) === undefined;
  }

  /** May `person` publish (section 7.1)? */
  mayPublish(person: string): boolean {
    if (person === this.#owner) return true;
    const affiliation = this.affiliation(person);
    if (affiliation === "publisher" || affiliation === "publish-only") return true;
    if (affiliation === "outcast") return false;
    switch (this.config.publishModel) {
      case "open":
        return true;
      case "publishers":
        return false;
      case "subscribers":
        return this.may(person) &&
          this.#standings.subscriptions(person).some(({ state }) => state === "subscribed");
    }
  }

  /** Does `person` see the owner's presence? */
  isContact(person: string): boolean {
    const contact = this.#standings.contact(person);
    return contact !== undefined && isSeenBy(contact);
  }

  /** Does `person` learn that there is such a node when it looks at what there is (section 5.2)? */
  shows(person: string): boolean {
    return this.may(person) || (this.mayAsk(person) && this.isContact(person));
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
