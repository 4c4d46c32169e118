/** How sure one may be of a contact: trust, proofs, devices, encryption. */
import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Callout, FormError } from "../parts/field.tsx";
import { Fingerprint } from "../parts/fingerprint.tsx";
import { ProofMark } from "../parts/proof_mark.tsx";
import { TrustBadge } from "../parts/trust_badge.tsx";
import { putContact } from "../store/contacts.ts";
import { openDialog } from "../store/dialogs.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { contactSuites, PolicyForm } from "./policy_form.tsx";

export function ContactSecurity({ contact }: { contact: ContactView }) {
  const { trust } = contact;
  const words = text.contact;
  return (
    <section class="panel">
      <div class="panel-head">
        <h3>{words.security}</h3>
        <TrustBadge trust={trust} look="chip" />
      </div>
      <p class="hint">{text.trust.explain[trust.state]}</p>
      <dl class="facts">
        <dt>{text.info.mutual}</dt>
        <dd>
          <ProofMark trust={trust} />
        </dd>
        {trust.fingerprint !== null && (
          <>
            <dt>{words.fingerprint}</dt>
            <dd>
              <Fingerprint value={trust.fingerprint} />
            </dd>
          </>
        )}
        {trust.devices.length > 0 && (
          <>
            <dt>{words.devices(trust.devices.length)}</dt>
            <dd>
              {trust.devices.map((device) => (
                <p key={device.id}>
                  <code>{device.id}</code>{" "}
                  <span class="hint">{device.mutual ? words.deviceMutual : words.deviceNot}</span>
                </p>
              ))}
            </dd>
          </>
        )}
      </dl>
      <button
        type="button"
        class="button"
        onClick={() => openDialog({ kind: "verify", jid: contact.jid })}
      >
        {words.verify}
      </button>
    </section>
  );
}

/** Which suite is in use, in plain words, and which are allowed. */
export function ContactEncryption({ contact }: { contact: ContactView }) {
  const { suite, policy, ownPolicy } = contact.trust;
  const words = text.suites;
  const save = async (suites: Parameters<typeof api.setContactPolicy>[1]) => {
    status.value = await api.setContactPolicy(contact.jid, suites);
  };
  return (
    <section class="panel">
      <h3>{words.title}</h3>
      <dl class="facts">
        <dt>{words.inUse}</dt>
        <dd>
          {suite === null ? text.contact.none : (
            <>
              <strong>{words.names[suite]}</strong> <code>{suite}</code>
              <p class="hint">{words.explain[suite]}</p>
            </>
          )}
        </dd>
      </dl>
      {suite === "simpp-2009" && <Callout tone="danger">{words.weakInUse}</Callout>}
      <PolicyForm
        key={`${ownPolicy} ${policy.join()}`}
        choices={contactSuites()}
        allowed={policy}
        general={{ suites: status.value?.policy ?? [], own: ownPolicy }}
        save={save}
      />
    </section>
  );
}

/** Chat in clear with somebody who has no simppd: a choice for this contact alone. */
export function ContactInClear({ contact }: { contact: ContactView }) {
  const action = useAction();
  const words = text.plain;
  if (contact.trust.state !== "unknown") return null;
  const choose = () =>
    action.run(async () =>
      putContact(await api.changeContact(contact.jid, { plain: !contact.plain }))
    );
  return (
    <section class="panel">
      <h3>{contact.plain ? words.on : words.allow}</h3>
      <p class="hint">{contact.plain ? words.onLead : words.offLead}</p>
      <button type="button" class="button" disabled={action.busy.value} onClick={choose}>
        {contact.plain ? words.stop : words.allow}
      </button>
      <FormError message={action.error.value} />
    </section>
  );
}
