/** A file in a chat or group: what it is, how far it is, what can be done with it. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { fileApi } from "../api/file_routes.ts";
import type { FileProgressView, FileView, GroupRole } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { nameOfJid } from "../store/contacts.ts";
import { files, needFile, progress, saveFile } from "../store/files.ts";
import { text } from "../text/mod.ts";
import { openDialog } from "../store/dialogs.ts";
import { isDrawable, PicturePreview, Thumbnail } from "./picture_preview.tsx";
import { sizeOf } from "./sizes.ts";

/** What the display stage shows. */
const SHOWABLE = /^(image\/(png|jpeg|gif|webp)|application\/pdf|text\/|audio\/|video\/)/;

/** Failures that nothing but sending it anew mends. */
const FINAL = new Set(["source-cut", "taken-back", "upload-too-large", "file-too-large"]);
/** Within this time two clicks are one, in ms. */
const DOUBLE_CLICK = 500;

export interface FileCardProps {
  id: string;
  place: string;
  /** What its line calls it: all that is known before it is loaded. */
  name: string;
  /** They declined it. */
  declined?: boolean;
}

export function FileCard({ id, place, name, declined = false }: FileCardProps) {
  const file = files.value.get(id);
  useEffect(() => {
    void needFile(place, id);
  }, [place, id]);
  if (file === undefined || file === null) {
    return (
      <div class="file" aria-busy={file === undefined}>
        <FileHead name={name} about={file === null ? text.files.gone : text.files.loading} />
      </div>
    );
  }
  return <Card file={file} moves={progress.value.get(id)} declined={declined} />;
}

function Card(
  { file, moves, declined }: {
    file: FileView;
    moves: FileProgressView | undefined;
    declined: boolean;
  },
) {
  const { name, size, state, problem, pretends, type } = file;
  const part = moves !== undefined && moves.bytes < moves.total && moves.bytes > 0;
  const going = part && ["waiting", "transferring", "offered"].includes(state);
  const kind = file.type ?? file.declared;
  const where = declined ? text.files.declinedByThem : stateOf(file, going);
  const far = part && !going ? text.files.of(sizeOf(moves.bytes), sizeOf(size)) : sizeOf(size);
  const about = [far, where].filter((word) => word !== "").join(" · ");
  return (
    <div class="file" role="group" aria-label={text.files.file(name)}>
      {isDrawable(file) ? <PicturePreview file={file} /> : <Thumbnail file={file} />}
      <FileHead name={name} about={about} icon={iconOf(kind)} />
      {going && <Moving file={file} moves={moves} />}
      {pretends && (
        <p class="file-warning">
          <Icon name="alert" size="s" /> {text.files.pretends(type ?? "")}
        </p>
      )}
      {file.suite === "aes-128-cbc-hmac" && (
        <p class="file-warning">
          <Icon name="alert" size="s" /> {text.files.weak}
        </p>
      )}
      {state === "failed" && problem !== null && (
        <p class="file-warning" role="status">
          <Icon name="alert" size="s" /> <bdi>{problem.message}</bdi>
        </p>
      )}
      <Notes file={file} />
      <Deeds file={file} />
    </div>
  );
}

/** Whom it is for, and what comes with fetching it. */
function Notes({ file: { audience, locked, forOthers, mine, state, ways } }: { file: FileView }) {
  const words = text.files;
  const notes: string[] = [];
  if (audience !== null) {
    const { people, roles } = audience;
    const names = [
      ...people.map(nameOfJid),
      ...roles.map((role) => text.groups.roles[role as GroupRole] ?? role),
    ];
    notes.push(names.length > 0 ? words.forThose(names.join(", ")) : words.whenAsked);
  }
  if (locked) notes.push(forOthers ? words.forOthers : words.locked);
  if (!mine && state === "offered" && ways.length > 0 && ways.every((way) => way === "direct")) {
    notes.push(words.onlyDirect);
  }
  return <>{notes.map((note) => <p key={note} class="file-note">{note}</p>)}</>;
}

function FileHead(
  { name, about, icon = "document" }: { name: string; about: string; icon?: IconName },
) {
  return (
    <div class="file-head">
      <span class="file-icon">
        <Icon name={icon} />
      </span>
      <div class="file-words">
        <p class="file-name">
          <bdi>{name}</bdi>
        </p>
        <p class="file-about">{about}</p>
      </div>
    </div>
  );
}

function Moving({ file, moves }: { file: FileView; moves: FileProgressView }) {
  const { bytes, total, rate } = moves;
  return (
    <div class="file-moving">
      <progress
        max={total}
        value={bytes}
        aria-label={text.files.progress(file.name)}
      />
      <span class="file-figures">
        {text.files.of(sizeOf(bytes), sizeOf(total))}
        {rate > 0 && ` · ${text.files.rate(sizeOf(rate))}`}
      </span>
    </div>
  );
}

/** What can be done with it as it stands. */
function Deeds({ file }: { file: FileView }) {
  const action = useAction();
  const { id, mine, state, here, place, problem } = file;
  const words = text.files;
  const can = (...states: FileView["state"][]) => states.includes(state);
  const say = (command: Parameters<typeof fileApi.change>[1]) => () =>
    // How it stands then comes as events, the answer being older than the last of them. Another deed
    // takes this one's place: a double click is meant for the first.
    action.run(() => Promise.all([fileApi.change(id, command), pause(DOUBLE_CLICK)]));
  const busy = action.busy.value;
  const deed = (label: string, act: () => void, children?: ComponentChildren) => (
    <button type="button" class="button button-small" disabled={busy} onClick={act}>
      {children}
      {label}
    </button>
  );
  return (
    <>
      <div class="file-deeds">
        {!mine && can("offered") && deed(words.fetch, say("accept"), <Icon name="down" size="s" />)}
        {!mine && can("offered") && deed(words.decline, say("decline"))}
        {!mine && can("declined") && deed(words.fetchAfterAll, say("accept"))}
        {can("waiting", "transferring") && deed(words.pause, say("pause"))}
        {file.locked && !file.forOthers && !mine && can("done") &&
          deed(words.askAgain, say("accept"))}
        {can("paused", "failed") && !FINAL.has(problem?.code ?? "") &&
          deed(words.resume, say("resume"))}
        {(can("waiting", "transferring", "paused", "failed") || (mine && can("offered"))) &&
          problem?.code !== "taken-back" &&
          deed(words.cancel, say("cancel"))}
        {here && deed(words.save, () => action.run(() => saveFile(file)))}
        {here && SHOWABLE.test(file.type ?? "") &&
          deed(words.show, () => action.run(() => fileApi.show(id)))}
        {!can("transferring", "waiting") &&
          deed(words.forget, () => openDialog({ kind: "forget-file", file: id, place }))}
      </div>
      {action.error.value !== null && <p class="form-error" role="alert">{action.error.value}</p>}
    </>
  );
}

function stateOf(
  { state, mine, here, locked, forOthers, problem }: FileView,
  going: boolean,
): string {
  const { states } = text.files;
  if (going) return mine ? states.sending : states.fetching;
  if (problem?.code === "taken-back") return "";
  if (state === "offered") return mine ? states.lies : states.offered;
  if (state === "done") return mine || forOthers || (here && !locked) ? "" : states.here;
  if (state === "transferring" || state === "waiting") return states.waiting;
  return states[state];
}

function iconOf(type: string): IconName {
  if (type.startsWith("image/")) return "photo";
  if (type.startsWith("video/")) return "video";
  return "document";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
