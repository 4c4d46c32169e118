import type { ContactView } from "../api/views.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { sending } from "../store/sending.ts";
import { text } from "../text/mod.ts";

/** Under the chat's head: how what is written here is protected, once there is a session. */
export function SecureLine({ contact }: { contact: ContactView }) {
  const { trust } = contact;
  if (trust.suite === null || trust.state === "changed") return null;
  // Nothing is called secure where nothing leaves; the banner or the chat says why.
  if (sending(contact) !== "possible") return null;
  const words = text.trust.line;
  const say = (icon: IconName, word: string, good = false) => (
    <p class={`secure-line ${good ? "secure-line-good" : ""}`}>
      <Icon name={icon} size="s" />
      {word}
    </p>
  );
  if (trust.suite === "simpp-2009") return say("alert", words.weak);
  if (!trust.mutual) return say("clock", words.notMutual);
  return trust.state === "verified" ? say("lock", words.verified, true) : say("lock", words.open);
}
