/** First run: five ways to begin. */
import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { Icon, type IconName } from "../parts/icon.tsx";
import { text } from "../text/mod.ts";
import { CarryForm } from "./carry_form.tsx";
import { JoinForm } from "./join_form.tsx";
import { LinkForm } from "./link_form.tsx";
import { RestoreForm } from "./restore_form.tsx";
import { SignInForm } from "./sign_in_form.tsx";

type Way = "carry" | "join" | "sign-in" | "link" | "restore";

const WAYS: readonly { way: Way; icon: IconName; title: string; lead: string }[] = [
  { way: "carry", icon: "server", title: text.setup.carryTitle, lead: text.setup.carryLead },
  { way: "join", icon: "link", title: text.setup.joinTitle, lead: text.setup.joinLead },
  { way: "sign-in", icon: "key", title: text.setup.signInTitle, lead: text.setup.signInLead },
  { way: "link", icon: "device", title: text.linking.wayTitle, lead: text.linking.wayLead },
  { way: "restore", icon: "retry", title: text.setup.restoreTitle, lead: text.setup.restoreLead },
];

const FORMS = {
  carry: CarryForm,
  join: JoinForm,
  "sign-in": SignInForm,
  link: LinkForm,
  restore: RestoreForm,
};

export function SetupPage() {
  const way = useSignal<Way | null>(null);
  useLayoutEffect(() => scrollTo(0, 0), [way.value]);
  const chosen = WAYS.find((entry) => entry.way === way.value);
  if (chosen === undefined) {
    return (
      <main class="page">
        <div class="brand">
          <Icon name="video" size="l" />
        </div>
        <h1>{text.setup.title}</h1>
        <p class="lead">{text.setup.lead}</p>
        <ul class="ways">
          {WAYS.map((entry) => (
            <li key={entry.way}>
              <button type="button" class="way" onClick={() => way.value = entry.way}>
                <span class="way-icon">
                  <Icon name={entry.icon} />
                </span>
                <span class="way-title">{entry.title}</span>
                <span class="way-lead">{entry.lead}</span>
              </button>
            </li>
          ))}
        </ul>
      </main>
    );
  }
  const Form = FORMS[chosen.way];
  return (
    <main class="page page-narrow">
      <button type="button" class="button button-quiet page-back" onClick={() => way.value = null}>
        <Icon name="back" size="s" />
        {text.common.back}
      </button>
      <h1>{chosen.title}</h1>
      <p class="lead">{chosen.lead}</p>
      <Form />
    </main>
  );
}
