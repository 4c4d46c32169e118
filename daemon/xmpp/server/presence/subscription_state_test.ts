import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isSeenBy,
  receiveSubscription,
  sees,
  sendSubscription,
  type SubscriptionState,
  type SubscriptionType,
} from "./subscription_state.ts";

/** The nine states by the names of RFC 6121 appendix A.1. */
const STATES: Record<string, SubscriptionState> = {
  "None": state("none"),
  "None + Pending Out": state("none", true),
  "None + Pending In": state("none", false, true),
  "None + Pending Out+In": state("none", true, true),
  "To": state("to"),
  "To + Pending In": state("to", false, true),
  "From": state("from"),
  "From + Pending Out": state("from", true),
  "Both": state("both"),
};

function state(
  subscription: SubscriptionState["subscription"],
  ask = false,
  pendingIn = false,
): SubscriptionState {
  return { subscription, ask, approved: false, pendingIn };
}

function nameOf(wanted: SubscriptionState): string {
  const same = Object.entries(STATES).find(([, one]) =>
    one.subscription === wanted.subscription && one.ask === wanted.ask &&
    one.pendingIn === wanted.pendingIn
  );
  return same?.[0] ?? JSON.stringify(wanted);
}

/** Appendix A.2 and A.3: the state after each stanza, where it differs from the one before. */
const SENT: Record<SubscriptionType, Record<string, string>> = {
  subscribe: {
    "None": "None + Pending Out",
    "None + Pending In": "None + Pending Out+In",
    "From": "From + Pending Out",
  },
  unsubscribe: {
    "None + Pending Out": "None",
    "None + Pending Out+In": "None + Pending In",
    "To": "None",
    "To + Pending In": "None + Pending In",
    "From + Pending Out": "From",
    "Both": "From",
  },
  subscribed: {
    "None + Pending In": "From",
    "None + Pending Out+In": "From + Pending Out",
    "To + Pending In": "Both",
  },
  unsubscribed: {
    "None + Pending In": "None",
    "None + Pending Out+In": "None + Pending Out",
    "To + Pending In": "To",
    "From": "None",
    "From + Pending Out": "None + Pending Out",
    "Both": "To",
  },
};
const RECEIVED: Record<SubscriptionType, Record<string, string>> = {
  subscribe: {
    "None": "None + Pending In",
    "None + Pending Out": "None + Pending Out+In",
    "To": "To + Pending In",
  },
  unsubscribe: {
    "None + Pending In": "None",
    "None + Pending Out+In": "None + Pending Out",
    "To + Pending In": "To",
    "From": "None",
    "From + Pending Out": "None + Pending Out",
    "Both": "To",
  },
  subscribed: {
    "None + Pending Out": "To",
    "None + Pending Out+In": "To + Pending In",
    "From + Pending Out": "Both",
  },
  unsubscribed: {
    "None + Pending Out": "None",
    "None + Pending Out+In": "None + Pending In",
    "To": "None",
    "To + Pending In": "None + Pending In",
    "From + Pending Out": "From",
    "Both": "From",
  },
};
const TYPES = ["subscribe", "unsubscribe", "subscribed", "unsubscribed"] as const;

Deno.test("sendSubscription() and receiveSubscription() follow the tables of RFC 6121", () => {
  for (const type of TYPES) {
    for (const [name, before] of Object.entries(STATES)) {
      assert.equal(
        nameOf(sendSubscription(before, type).state),
        SENT[type][name] ?? name,
        `${name}, sends ${type}`,
      );
      assert.equal(
        nameOf(receiveSubscription(before, type).state),
        RECEIVED[type][name] ?? name,
        `${name}, receives ${type}`,
      );
    }
  }
});

Deno.test("a request that was approved before is granted by the server", () => {
  const approved = sendSubscription(STATES["None"]!, "subscribed");
  assert.deepEqual(approved, { state: { ...STATES["None"]!, approved: true }, route: false });
  const granted = receiveSubscription(approved.state, "subscribe");
  assert.equal(granted.reply, "subscribed");
  assert.equal(granted.deliver, false);
  assert.equal(granted.state.subscription, "from");
});

Deno.test("two accounts that exchange any stanzas agree on who sees whom", () => {
  const step = fc.record({ aliceSends: fc.boolean(), type: fc.constantFrom(...TYPES) });
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    let alice = STATES["None"]!;
    let bob = STATES["None"]!;
    const deliver = (from: SubscriptionState, to: SubscriptionState, type: SubscriptionType) => {
      const sent = sendSubscription(from, type);
      if (!sent.route) return [sent.state, to] as const;
      const received = receiveSubscription(to, type);
      const back = received.reply
        ? receiveSubscription(sent.state, received.reply).state
        : sent.state;
      return [back, received.state] as const;
    };
    for (const { aliceSends, type } of steps) {
      if (aliceSends) [alice, bob] = deliver(alice, bob, type);
      else [bob, alice] = deliver(bob, alice, type);
      assert.equal(sees(alice), isSeenBy(bob));
      assert.equal(sees(bob), isSeenBy(alice));
      assert.equal(alice.ask, bob.pendingIn);
      assert.equal(bob.ask, alice.pendingIn);
    }
  }));
});
