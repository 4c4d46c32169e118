/** The trust mark: shape, colour and word agree, so that none is needed alone. */
import type { TrustView } from "../api/views.ts";
import { text } from "../text/mod.ts";
import { Icon, type IconName } from "./icon.tsx";

const ICONS: Record<TrustView["state"], IconName> = {
  unknown: "shield",
  "first-use": "shield",
  verified: "shield-check",
  changed: "shield-alert",
};

export interface TrustBadgeProps {
  trust: TrustView;
  /** mark: the icon only, its word for screen readers and as a tip. */
  look?: "mark" | "chip";
  /** The chat is in clear, by choice. */
  plain?: boolean;
}

export function TrustBadge({ trust, look = "mark", plain = false }: TrustBadgeProps) {
  if (plain) return <PlainMark look={look} />;
  const weak = trust.suite === "simpp-2009";
  const word = trustWord(trust);
  return (
    <span
      class={`trust trust-${trust.state} trust-${look} ${weak ? "trust-weak" : ""}`}
      title={`${word}. ${text.trust.explain[trust.state]}`}
    >
      <Icon name={ICONS[trust.state]} size="s" />
      <span class={look === "mark" ? "visually-hidden" : ""}>{word}</span>
    </span>
  );
}

/** The mark's word. */
export function trustWord({ state, doubt, suite }: TrustView): string {
  const word = doubt === null ? text.trust[state] : text.trust.doubted[doubt];
  return suite === "simpp-2009" ? `${word}, ${text.trust.weak}` : word;
}

function PlainMark({ look }: { look: "mark" | "chip" }) {
  const { mark, explain } = text.plain;
  return (
    <span class={`trust trust-changed trust-${look}`} title={`${mark}. ${explain}`}>
      <Icon name="shield-alert" size="s" />
      <span class={look === "mark" ? "visually-hidden" : ""}>{mark}</span>
    </span>
  );
}
