import {
  type Emitter,
  KeyedLock,
  logOf,
  orderedNow,
  publicError,
  Rate,
  SimppdError,
  steadyNow,
} from "../../base/mod.ts";
import type {
  AppEvent,
  DisplayItemView,
  DisplayPolicyView,
  DisplaysView,
  Problem,
} from "../../views/mod.ts";
import type { DisplayMemory } from "./display_memory.ts";
import { type After, HeldOffers } from "./held_offers.ts";
import type { ShownType } from "./kind.ts";
import { DISPLAY_LIMITS } from "./limits.ts";
import { look } from "./look.ts";
import { checkedPolicy, impossibility, lets, objection, type Presenter } from "./policy.ts";
import type { DisplaySource } from "./source.ts";

/** A file that somebody marked for display, once it is here whole. */
export interface DisplayOffer extends Presenter {
  /** Of the file; one that was offered already is looked at anew. */
  readonly id: string;
  /** Address of the group or contact; null: this machine alone. */
  readonly place: string | null;
  /** Bare JID, or whatever else names who shows it to all that is compared here. */
  readonly from: string;
  /** Shown by this machine's own person: no policy keeps it from their stage. */
  readonly mine: boolean;
  readonly name: string;
  /**
   * When its sender told of it, ms since 1970 by `orderedNow`; now when absent. What was told of
   * later takes the place of what was told of before, whichever is here first.
   */
  readonly at?: number;
  /** Where its bytes are; asked of {@link DisplayFiles} when absent. */
  readonly source?: () => Promise<DisplaySource>;
}

/** The files that came, by id, also after a restart. */
export interface DisplayFiles {
  has(id: string): boolean;
  /** Is it known, though it may not be here? */
  knows(id: string): boolean;
  /** The person wants one that is not here; it is offered when it is. */
  fetch(id: string): Promise<unknown>;
  /** @throws SimppdError when it is not there any more */
  open(id: string): Promise<DisplaySource>;
}

/** A viewer beside the dashboard. */
export interface OtherViewer {
  readonly command: string;
  /** Shows this in the place of what it shows; undefined: nothing. Failures are its own to tell. */
  show(shown: { type: ShownType; open: () => Promise<DisplaySource> } | undefined): void;
  close(): Promise<void>;
}

const NO_FILES: DisplayFiles = {
  has: () => false,
  knows: () => false,
  fetch: (id) => Promise.reject(unknown(id)),
  open: (id) => Promise.reject(unknown(id)),
};

/** It waits for the person to have it fetched. */
const NOT_HERE = "display-not-here";
/** It waits until its presenter, and all together, may show something again. */
const MANY = "display-many";

/**
 * What is on the stage, was, and waits: one file showing for each place, the newest in the place of
 * the one before. What opens by itself is the receiver's policy's to say; what does not waits.
 */
export class Displays {
  readonly #memory: DisplayMemory;
  readonly #events: Emitter<AppEvent>;
  readonly #files: DisplayFiles;
  readonly #viewer: OtherViewer | undefined;
  readonly #sources = new Map<string, () => Promise<DisplaySource>>();
  /** Newest first. */
  #items: DisplayItemView[];
  readonly #turns = new KeyedLock();
  /** Files that are open to be looked at. */
  readonly #looking = new Set<Promise<DisplayItemView>>();
  readonly #ofPresenter = new Rate(DISPLAY_LIMITS.presenter, 60_000);
  readonly #ofAll = new Rate(DISPLAY_LIMITS.everybody, 60_000);
  /** Of what is not here. */
  readonly #ofWaiting = new Rate(DISPLAY_LIMITS.presenter, 60_000);
  readonly #held: HeldOffers<DisplayOffer>;
  /** Fetched because the person wants to see them. */
  readonly #wanted = new Set<string>();
  readonly #now: () => number;
  readonly #opened: (id: string) => void;
  #withViewer: string | undefined;
  readonly #over = new AbortController();

  /**
   * @param input.now milliseconds of a clock that never goes back
   * @param input.opened a file of somebody else opened by itself
   */
  constructor(input: {
    memory: DisplayMemory;
    events: Emitter<AppEvent>;
    files?: DisplayFiles;
    viewer?: OtherViewer | undefined;
    now?: () => number;
    after?: After;
    opened?: (id: string) => void;
  }) {
    this.#memory = input.memory;
    this.#events = input.events;
    this.#files = input.files ?? NO_FILES;
    this.#viewer = input.viewer;
    this.#now = input.now ?? steadyNow;
    this.#opened = input.opened ?? (() => {});
    this.#held = new HeldOffers((held) => this.#again(held), input.after);
    this.#items = this.#memory.items.map((item) => ({ ...item, openedFor: item.openedFor ?? [] }));
    // Nothing stays of who is removed, and of what is left.
    this.#events.on(({ type, data }) => {
      if (type === "room-removed" || type === "contact-removed") this.forget({ place: data.jid });
    }, this.#over.signal);
  }

  /**
   * Looks which of what is remembered is still there; to be called once files can be asked. What was
   * on the stage is again, as its presenter does not show it anew; so is what a minute held back.
   */
  recall(): void {
    const full = new Set<string | null>();
    this.#items = this.#items.map((item) => {
      const { id, place, state, reason } = item;
      const awaited = reason?.code === NOT_HERE;
      const available = item.available && (awaited ? this.#files.knows(id) : this.#files.has(id));
      if (state !== "showing" && reason?.code !== MANY) return { ...item, available };
      if (!available) return { ...item, state: "past", reason: GONE, available };
      // Newest first.
      if (full.has(place)) return { ...item, state: "past", reason: REPLACED, available };
      full.add(place);
      return { ...item, state: "showing", reason: null, available };
    });
    this.#memory.items = this.#items;
    this.#tellViewer();
  }

  view(): DisplaysView {
    return {
      items: [...this.#items],
      policy: this.#memory.policy,
      places: this.#memory.places,
      command: this.#viewer?.command ?? null,
    };
  }

  /**
   * Looks at a file marked for display and shows it, or says why not. Where its presenter, or all
   * together, showed too much in a minute, the newest waits until they may again.
   */
  offer(offer: DisplayOffer): Promise<DisplayItemView> {
    const at = offer.at ?? orderedNow();
    const few = offer.mine || this.#few(offer);
    const looking = this.#turns.run(offer.place ?? "", () => this.#take({ ...offer, at }, few));
    this.#looking.add(looking);
    const looked = () => void this.#looking.delete(looking);
    looking.then(looked, looked);
    return looking;
  }

  /** A file marked for display that does not come by itself: it waits for the person to want it. */
  waits(offer: Omit<DisplayOffer, "source" | "verified" | "displayer"> & { size: number }): void {
    const { id, name, at = orderedNow(), ...rest } = offer;
    const isKnown = this.#items.some((item) => item.id === id);
    if (isKnown || this.#wasCleared(offer) || this.#over.signal.aborted) return;
    const reason = {
      code: NOT_HERE,
      message: "It does not come by itself; it is fetched to show.",
    };
    const nothing = { kind: null, type: "", width: null, height: null };
    const item: DisplayItemView = {
      ...{ id, at, ...rest, ...nothing, name: shownName(name) },
      ...{ state: "withheld", reason, openedFor: [], available: true },
    };
    this.#enter(item, this.#ofWaiting.allows(offer.from, this.#now()));
    this.#changed();
  }

  #few(offer: DisplayOffer): boolean {
    // Who is not let does not use up what the others may show.
    const isLet = lets(this.policyOf(offer.place), offer);
    const now = this.#now();
    return this.#ofPresenter.allows(offer.from, now) && (!isLet || this.#ofAll.allows("", now));
  }

  async #take(offer: DisplayOffer & { at: number }, few: boolean): Promise<DisplayItemView> {
    const { id, place, from, mine, at } = offer;
    const { found, pixels, size } = await look(offer.source ?? (() => this.#files.open(id)));
    const never = impossibility(found, size, pixels);
    const wanted = this.#wanted.delete(id);
    const withheld = never ??
      (mine || wanted || found === null
        ? null
        : objection(this.policyOf(place), offer, { kind: found.kind, size }));
    const over = withheld !== null || wanted ? null : this.#overAlready(offer);
    const many = withheld === null && over === null && !few && !wanted ? TOO_MANY : null;
    const reason = withheld ?? over ?? many;
    const item: DisplayItemView = {
      id,
      place,
      from,
      mine,
      name: shownName(offer.name),
      kind: found?.kind ?? null,
      type: found?.type ?? "",
      size,
      width: pixels?.width ?? null,
      height: pixels?.height ?? null,
      at,
      state: over !== null ? "past" : reason === null ? "showing" : "withheld",
      reason,
      openedFor: [],
      available: never === null,
    };
    if (this.#over.signal.aborted) return item;
    this.#enter(item, few || wanted);
    if (offer.source !== undefined) this.#sources.set(id, offer.source);
    if (item.state === "showing") this.#only(item);
    if (item.state === "showing" && !mine && !wanted) this.#opened(id);
    if (many !== null) this.#hold(offer);
    this.#changed();
    return item;
  }

  /** Newest first. Of what is too much the newest alone stays. */
  #enter(item: DisplayItemView, few: boolean): void {
    const { id, place, from, reason } = item;
    const instead = few
      ? undefined
      : this.#items.find((other) =>
        other.state === "withheld" && other.place === place && other.from === from &&
        other.reason?.code === reason?.code
      );
    const others = this.#items.filter((other) => other.id !== id && other !== instead);
    this.#items = [item, ...others].sort((one, two) => two.at - one.at);
  }

  #hold(offer: DisplayOffer): void {
    const now = this.#now();
    const wait = Math.max(this.#ofPresenter.wait(offer.from, now), this.#ofAll.wait("", now));
    this.#held.keep(`${offer.place ?? ""} ${offer.from}`, offer, wait);
  }

  /** What a minute held back, unless something else became of it. */
  #again(offer: DisplayOffer): void {
    const item = this.#items.find(({ id }) => id === offer.id);
    if (item?.reason?.code !== MANY) return;
    this.offer(offer).catch((error) =>
      logOf("display").warn("a display that waited is not shown: {error}", { error })
    );
  }

  /** Was it taken back, or did what was shown later take its place, before it was here? */
  #overAlready(offer: DisplayOffer & { at: number }): Problem | null {
    if (this.#wasCleared(offer)) return clearedBy(offer.from);
    // One's own is sealed first, and told of after that.
    const isLater = ({ id, place, mine, at, state, reason }: DisplayItemView) =>
      id !== offer.id && place === offer.place && at > offer.at && (mine || !offer.mine) &&
      (state === "showing" || reason?.code === "replaced" || reason?.code === "closed");
    return this.#items.some(isLater) ? REPLACED : null;
  }

  /** Was it taken back before it was here? */
  #wasCleared(
    { place, from, mine, at }: Pick<DisplayOffer, "place" | "from" | "mine" | "at">,
  ): boolean {
    return !mine && at !== undefined && at <= this.#memory.clearedAt(place, from);
  }

  /** Shows what waits or is past, because the person wants it. @throws SimppdError `unknown-display` */
  show(id: string): DisplaysView {
    const item = this.get(id);
    if (!item.available) throw gone(item.reason);
    if (item.reason?.code === NOT_HERE) return this.#fetch(item);
    this.#put({ ...item, state: "showing", reason: null });
    this.#only(item);
    return this.#changed();
  }

  #fetch(item: DisplayItemView): DisplaysView {
    const { id } = item;
    this.#wanted.add(id);
    this.#files.fetch(id).catch((error) => {
      this.#wanted.delete(id);
      const failed = this.#items.find((one) => one.id === id);
      if (failed?.reason?.code !== NOT_HERE) return;
      this.#put({ ...failed, reason: { code: NOT_HERE, message: publicError(error).message } });
      this.#changed();
    });
    this.#put({ ...item, reason: { code: NOT_HERE, message: "It is being fetched." } });
    return this.#changed();
  }

  /** Takes a file off the stage here; null: all of them. @throws SimppdError `unknown-display` */
  dismiss(id: string | null): DisplaysView {
    const closed: Problem = { code: "closed", message: "You closed it." };
    const wanted = id === null ? this.#items : [this.get(id)];
    for (const item of wanted) if (item.state === "showing") this.#past(item, closed);
    return this.#changed();
  }

  /** A presenter takes back what they show in `place`; a displayer, what anybody shows. */
  clear(place: string | null, by: { from: string; displayer: boolean }): DisplaysView {
    // What is on its way here does not open either.
    this.#memory.clear(place, by.displayer ? null : by.from, orderedNow());
    for (const item of this.#items) {
      const theirs = item.from === by.from || (by.displayer && !item.mine);
      if (item.place !== place || !theirs) continue;
      const cleared = item.mine ? TAKEN_BACK : clearedBy(by.from);
      if (item.state === "showing") this.#past(item, cleared);
      else if (item.state === "withheld" && item.from === by.from) this.#past(item, cleared);
    }
    return this.#changed();
  }

  /** Somebody says that what we show opened on their screen. */
  openedFor(id: string, jid: string): void {
    const item = this.#items.find((one) => one.id === id);
    if (item?.mine !== true || item.openedFor.includes(jid)) return;
    if (item.openedFor.length >= DISPLAY_LIMITS.openedFor) return;
    this.#put({ ...item, openedFor: [...item.openedFor, jid] });
    this.#changed();
  }

  /** Forgets what was shown; what is on the stage stays. */
  forgetHistory(): DisplaysView {
    this.#items = this.#items.filter(({ state }) => state === "showing");
    return this.#changed();
  }

  /** Nothing stays of a group or contact, or of one file. */
  forget(what: { place: string } | { id: string }): void {
    const before = this.#items.length;
    this.#items = this.#items.filter((item) =>
      "id" in what ? item.id !== what.id : item.place !== what.place && item.from !== what.place
    );
    const had = "place" in what && this.#memory.forget(what.place);
    if (had || this.#items.length < before) this.#changed();
  }

  /** @throws SimppdError `unknown-display` */
  get(id: string): DisplayItemView {
    const found = this.#items.find((item) => item.id === id);
    if (found === undefined) throw unknown(id);
    return found;
  }

  /** The bytes of a file that can be shown. @throws SimppdError `unknown-display`, `display-gone` */
  async open(id: string): Promise<DisplaySource> {
    const item = this.get(id);
    if (!item.available) throw gone(item.reason);
    const source = this.#sources.get(id);
    const opened = await (source === undefined ? this.#files.open(id) : source());
    if (opened.size === item.size) return opened;
    await opened.close?.();
    throw gone(null); // what was looked at was another file
  }

  policyOf(place: string | null): DisplayPolicyView {
    return (place === null ? undefined : this.#memory.places[place]) ?? this.#memory.policy;
  }

  /**
   * Sets the policy of a place, or of all without one of their own; for a place null: as all.
   * @throws SimppdError `bad-input`
   */
  setPolicy(place: string | null, policy: DisplayPolicyView | null): DisplaysView {
    this.#memory.setPolicy(place, policy === null ? null : checkedPolicy(policy));
    return this.#changed();
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#held.close();
    await Promise.allSettled(this.#looking);
    this.#sources.clear();
    await this.#viewer?.close();
  }

  /** What else its place shows is replaced. */
  #only({ id, place }: DisplayItemView): void {
    for (const item of this.#items) {
      if (item.id !== id && item.place === place && item.state === "showing") {
        this.#past(item, REPLACED);
      }
    }
  }

  #past(item: DisplayItemView, reason: Problem): void {
    this.#put({ ...item, state: "past", reason });
  }

  #put(changed: DisplayItemView): void {
    this.#items = this.#items.map((item) => item.id === changed.id ? changed : item);
  }

  #changed(): DisplaysView {
    this.#shorten();
    this.#memory.items = this.#items;
    this.#tellViewer();
    const data = this.view();
    if (!this.#over.signal.aborted) this.#events.emit({ type: "displays", data });
    return data;
  }

  /** The oldest go that are not on the stage; held bytes go with what holds them. */
  #shorten(): void {
    let excess = this.#items.length - DISPLAY_LIMITS.history;
    this.#items = this.#items.toReversed()
      .filter(({ state }) => state === "showing" || excess-- <= 0).toReversed();
    const kept = new Set(this.#items.map(({ id }) => id));
    for (const id of this.#sources.keys()) if (!kept.has(id)) this.#sources.delete(id);
    for (const id of this.#wanted) if (!kept.has(id)) this.#wanted.delete(id);
  }

  #tellViewer(): void {
    const top = this.#items.find(({ state }) => state === "showing");
    if (this.#viewer === undefined || top?.id === this.#withViewer) return;
    this.#withViewer = top?.id;
    if (top === undefined) return this.#viewer.show(undefined);
    const { id } = top;
    const open = () => this.open(id);
    // Only what has a type comes to be shown.
    const type = { kind: top.kind!, type: top.type, extension: extensionOf(top.type) };
    this.#viewer.show({ type, open });
  }
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "text/plain": "txt",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "video/ogg": "ogv",
};

function extensionOf(type: string): string {
  return EXTENSIONS[type] ?? type.slice(type.indexOf("/") + 1);
}

const REPLACED: Problem = { code: "replaced", message: "Another file took its place." };
const TAKEN_BACK: Problem = { code: "cleared", message: "You cleared it." };
const GONE: Problem = { code: "gone", message: "It is not here any more." };
const TOO_MANY: Problem = {
  code: MANY,
  message: "Many files were shown within a minute; the newest comes when the minute is over.",
};

function clearedBy(jid: string): Problem {
  return { code: "cleared", message: `${shownName(jid)} cleared it.` };
}

/** A name without what is not seen or turns the text around it. */
export function shownName(name: string): string {
  return name.replace(/\p{C}/gu, "").slice(0, 200);
}

function unknown(id: string): SimppdError {
  return new SimppdError("unknown-display", `No file "${id.slice(0, 64)}" is or was shown here.`);
}

function gone(reason: Problem | null): SimppdError {
  return reason !== null && reason.code.startsWith("display-")
    ? new SimppdError(reason.code, reason.message)
    : new SimppdError("display-gone", "This file is not here any more; ask for it again.");
}
