/** How an account stands with one contact (RFC 6121 section 3, states of appendix A). */
export interface SubscriptionState {
  readonly subscription: "none" | "to" | "from" | "both";
  /** Pending out: we asked, no answer yet. */
  readonly ask: boolean;
  /** Pre-approval: their request will be granted when it comes (section 3.4). */
  readonly approved: boolean;
  /** Pending in: they asked, and wait. */
  readonly pendingIn: boolean;
}

/** The four presence types that change subscriptions. */
export type SubscriptionType = "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed";

const TYPES = new Set(["subscribe", "subscribed", "unsubscribe", "unsubscribed"]);

export function isSubscriptionType(type: string | undefined): type is SubscriptionType {
  return TYPES.has(type ?? "");
}

/** Does the account see the contact's presence? */
export function sees(state: SubscriptionState): boolean {
  return state.subscription === "to" || state.subscription === "both";
}

/** Does the contact see the account's presence? */
export function isSeenBy(state: Pick<SubscriptionState, "subscription">): boolean {
  return state.subscription === "from" || state.subscription === "both";
}

function subscription(to: boolean, from: boolean): SubscriptionState["subscription"] {
  return to ? (from ? "both" : "to") : (from ? "from" : "none");
}

/** What follows when the account itself sends a subscription stanza (appendix A.2). */
export interface Sent {
  state: SubscriptionState;
  /** Does the stanza go on to the contact? */
  route: boolean;
}

/** @param type what the account sends to the contact */
export function sendSubscription(state: SubscriptionState, type: SubscriptionType): Sent {
  const to = sees(state);
  const from = isSeenBy(state);
  switch (type) {
    case "subscribe":
      return { state: { ...state, ask: state.ask || !to }, route: true };
    case "unsubscribe":
      return {
        state: { ...state, subscription: subscription(false, from), ask: false },
        route: true,
      };
    case "subscribed":
      if (state.pendingIn) {
        return {
          state: { ...state, subscription: subscription(to, true), pendingIn: false },
          route: true,
        };
      }
      return { state: { ...state, approved: state.approved || !from }, route: false };
    case "unsubscribed":
      return {
        state: {
          ...state,
          subscription: subscription(to, false),
          approved: false,
          pendingIn: false,
        },
        route: from || state.pendingIn,
      };
  }
}

/** What follows when a contact's subscription stanza comes in (appendix A.3). */
export interface Received {
  state: SubscriptionState;
  /** Is it shown to the account's clients? */
  deliver: boolean;
  /** Answered by the server on the account's behalf. */
  reply: "subscribed" | undefined;
}

/** @param type what the contact sent to the account */
export function receiveSubscription(state: SubscriptionState, type: SubscriptionType): Received {
  const to = sees(state);
  const from = isSeenBy(state);
  const ignored: Received = { state, deliver: false, reply: undefined };
  switch (type) {
    case "subscribe":
      if (from) return { ...ignored, reply: "subscribed" };
      if (state.approved) {
        return {
          state: { ...state, subscription: subscription(to, true), pendingIn: false },
          deliver: false,
          reply: "subscribed",
        };
      }
      return { state: { ...state, pendingIn: true }, deliver: true, reply: undefined };
    case "subscribed":
      if (!state.ask) return ignored;
      return {
        state: { ...state, subscription: subscription(true, from), ask: false },
        deliver: true,
        reply: undefined,
      };
    case "unsubscribe":
      if (!from && !state.pendingIn) return ignored;
      return {
        state: { ...state, subscription: subscription(to, false), pendingIn: false },
        deliver: true,
        reply: undefined,
      };
    case "unsubscribed":
      if (!to && !state.ask) return ignored;
      return {
        state: { ...state, subscription: subscription(false, from), ask: false },
        deliver: true,
        reply: undefined,
      };
  }
}

/** Is what clients are shown of the two states different (a roster push is due)? */
export function shownDiffers(a: SubscriptionState, b: SubscriptionState): boolean {
  return a.subscription !== b.subscription || a.ask !== b.ask || a.approved !== b.approved;
}
