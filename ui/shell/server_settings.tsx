import { useSignal } from "@preact/signals";
import { api, type Reach } from "../api/routes.ts";
import type { ServerView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Callout, Field, FormError } from "../parts/field.tsx";
import { namesNobody, status } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** The carried server and who can reach it; widening asks twice. */
export function ServerSettings({ server }: { server: ServerView }) {
  const asking = useSignal(false);
  const action = useAction();
  const words = text.settings;
  const open = server.host !== "127.0.0.1";
  const address = useSignal(server.address ?? "");
  const reach = (wanted: Reach, named?: string) =>
    action.run(async () => {
      status.value = await api.setReach(wanted, named);
      asking.value = false;
    });
  return (
    <>
      <dl class="facts">
        <dt>{words.serverAddress}</dt>
        <dd>
          <bdi>{server.domain}</bdi> · {server.host}:{server.port}
        </dd>
        <dt>{words.serverPin}</dt>
        <dd>
          <code class="fingerprint">{server.pin}</code>
        </dd>
      </dl>
      <div class="setting">
        <span>{open ? words.serverNetwork : words.serverHere}</span>
        {!asking.value && (
          <button
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={() => open ? reach("this-machine") : asking.value = true}
          >
            {open ? words.keepOut : words.letIn}
          </button>
        )}
      </div>
      <div role="alert">
        {asking.value && (
          <Callout tone="warning">
            <p>{text.setup.reachWarning}</p>
            <Field label={words.outside} hint={words.outsideHint} value={address} literal />
            <div class="banner-answers">
              <button
                type="button"
                class="button button-small button-primary"
                disabled={action.busy.value}
                onClick={() => reach("network", address.value)}
              >
                {words.letIn}
              </button>
              <button
                type="button"
                class="button button-small"
                onClick={() => asking.value = false}
              >
                {text.common.cancel}
              </button>
            </div>
          </Callout>
        )}
      </div>
      {open && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void reach("network", address.value);
          }}
        >
          {namesNobody.value && <Callout tone="warning">{words.namesNobody}</Callout>}
          <Field label={words.outside} hint={words.outsideHint} value={address} literal />
          <button
            type="submit"
            class="button button-small"
            disabled={action.busy.value || address.value.trim() === (server.address ?? "")}
          >
            {text.common.save}
          </button>
        </form>
      )}
      <FormError message={action.error.value} />
    </>
  );
}
