import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { groupApi } from "../api/group_routes.ts";
import { roomApi } from "../api/room_routes.ts";
import type { GroupView, RoomView } from "../api/views.ts";
import {
  NewGroupFields,
  newGroupInput,
  NewGroupLead,
  useNewGroup,
} from "../groups/new_group_fields.tsx";
import { SpecificationFields } from "../groups/specified_group.tsx";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Callout, Field, FormError } from "../parts/field.tsx";
import { closeDialog } from "../store/dialogs.ts";
import { putGroup } from "../store/groups.ts";
import { putRoom } from "../store/rooms.ts";
import { openRoom } from "../store/route.ts";
import { text } from "../text/mod.ts";

const WAYS = ["group", "specified", "make", "join"] as const;

/**
 * Makes an encrypted group; or makes or enters a room, of which the person says that they know it is
 * in clear.
 */
export function NewRoomDialog() {
  const way = useSignal<(typeof WAYS)[number]>("group");
  const name = useSignal("");
  const server = useSignal("");
  const group = useNewGroup();
  const specification = useSignal("");
  const jid = useSignal("");
  const nick = useSignal("");
  const password = useSignal("");
  const open = useSignal(false);
  const moderated = useSignal(false);
  const understood = useSignal(false);
  const action = useAction();
  const words = text.rooms.dialog;
  const making = way.value === "group" || way.value === "make";
  const sealed = way.value === "group";
  const specified = way.value === "specified";
  const makeGroup = (): Promise<GroupView> =>
    specified ? groupApi.joinSpecified(specification.value) : groupApi.create({
      name: name.value.trim(),
      ...filled({ server }),
      ...newGroupInput(group),
    });
  const goes = {
    group: text.groups.goMake,
    specified: words.goSpecified,
    make: words.goMake,
    join: words.goJoin,
  };
  const run = (): Promise<RoomView> =>
    making
      ? roomApi.create({
        name: name.value.trim(),
        ...filled({ server, password }),
        ...open.value ? { open: true } : {},
        ...moderated.value ? { moderated: true } : {},
        plain: true,
      })
      : roomApi.join({ jid: jid.value.trim(), ...filled({ nick, password }), plain: true });
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    await action.run(async () => {
      const made = sealed || specified ? await makeGroup() : await run();
      if ("encryption" in made) putRoom(made);
      else putGroup(made);
      closeDialog();
      openRoom(made.jid);
    });
  };
  return (
    <Dialog title={words.title} onClose={closeDialog} size="s">
      <div class="segments" role="radiogroup" aria-label={words.title}>
        {WAYS.map((one) => (
          <label key={one} class="segment">
            <input
              type="radio"
              name="way"
              checked={way.value === one}
              onChange={() => way.value = one}
            />
            <span>{words[one]}</span>
          </label>
        ))}
      </div>
      <form class="form" onSubmit={onSubmit}>
        {making
          ? (
            <>
              <Field
                key="name"
                label={sealed ? text.groups.name : words.name}
                hint={sealed ? text.groups.nameHint : words.nameHint}
                value={name}
                required
                autoFocus
                maxLength={100}
              />
              <Field
                key="server"
                label={words.server}
                hint={sealed ? text.groups.serverHint : words.serverHint}
                value={server}
                literal
              />
              {sealed && <NewGroupFields group={group} />}
              {!sealed && (
                <>
                  <Choice label={words.open} hint={words.openHint} value={open} />
                  <Choice label={words.moderated} hint={words.moderatedHint} value={moderated} />
                  <Field
                    key="password"
                    label={words.password}
                    hint={words.passwordHint}
                    value={password}
                    secret
                    autoComplete="new-password"
                  />
                </>
              )}
            </>
          )
          : specified
          ? <SpecificationFields specification={specification} />
          : (
            <>
              <Field
                key="jid"
                label={words.jid}
                hint={words.jidHint}
                value={jid}
                required
                autoFocus
                literal
              />
              <Field key="nick" label={words.nick} value={nick} maxLength={64} />
              <Field key="password" label={words.password} value={password} secret />
            </>
          )}
        {sealed ? <NewGroupLead {...group} /> : !specified && (
          <Callout tone="warning">
            <p>{text.rooms.sentence(serverOf(making ? server.value : jid.value))}</p>
            <label class="room-understood">
              <input
                type="checkbox"
                required
                checked={understood.value}
                onChange={({ currentTarget }) => understood.value = currentTarget.checked}
              />
              <span>{text.rooms.understood}</span>
            </label>
          </Callout>
        )}
        <FormError message={action.error.value} />
        <button
          type="submit"
          class="button button-primary button-wide"
          disabled={action.busy.value}
        >
          {goes[way.value]}
        </button>
      </form>
    </Dialog>
  );
}

/** Something that is so or not. */
function Choice({ label, hint, value }: { label: string; hint: string; value: Signal<boolean> }) {
  const id = useId();
  return (
    <div class="room-choice">
      <label class="room-understood">
        <input
          type="checkbox"
          aria-describedby={id}
          checked={value.value}
          onChange={({ currentTarget }) => value.value = currentTarget.checked}
        />
        <span>{label}</span>
      </label>
      <p class="hint" id={id}>{hint}</p>
    </div>
  );
}

/** What was filled in, trimmed. */
function filled(fields: Record<string, { value: string }>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, { value }]) => {
      const given = name === "password" ? value : value.trim();
      return given === "" ? [] : [[name, given]];
    }),
  );
}

function serverOf(typed: string): string {
  return typed.trim().split("@").at(-1)!.slice(0, 100) || text.rooms.yourServer;
}
