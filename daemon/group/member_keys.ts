import { type Bytes, SimppdError, WireReader, WireWriter } from "../base/mod.ts";
import { type MemberId, ROOT } from "./key_tree.ts";
import {
  GROUP_ID_LENGTH,
  KEY_LENGTH,
  type KeyName,
  leafKey,
  type NamedKey,
  openWrap,
  type Wrap,
} from "./wrap.ts";

/** Keys a member keeps; a path has fewer than thirty, what falls out was replaced long ago. */
const MOST_KEYS = 64;
const FORMAT = 1;

/** What a member of a key graph holds: the keys from its leaf to the root. */
export class MemberKeys {
  readonly member: MemberId;
  readonly #group: Bytes;
  #leaf: NamedKey;
  /** By node, the longest unchanged first. */
  #keys: ReadonlyMap<number, NamedKey>;

  /**
   * @param o.group the group's id, 16 bytes
   * @param o.leaf as the key server named it when this member joined
   * @param o.individualKey 32 bytes, shared with the key server alone
   */
  constructor(
    o: { group: Bytes; member: MemberId; leaf: KeyName; individualKey: Bytes },
  ) {
    if (o.individualKey.length !== KEY_LENGTH || o.group.length !== GROUP_ID_LENGTH) {
      throw new RangeError("a group's id has 16 bytes, an individual key 32");
    }
    this.member = o.member;
    this.#group = o.group;
    this.#leaf = { ...o.leaf, key: leafKey(o.individualKey) };
    this.#keys = new Map();
  }

  /** The group key held, with its name; undefined before the first rekey message. */
  get groupKey(): { groupKey: Bytes; name: KeyName } | undefined {
    const root = this.#keys.get(ROOT);
    return root && { groupKey: root.key, name: { node: root.node, version: root.version } };
  }

  /** The name of this member's leaf. */
  get leaf(): KeyName {
    return { node: this.#leaf.node, version: this.#leaf.version };
  }

  /**
   * Takes the keys out of a rekey message, in whatever order they come. Keys older than those held
   * are passed over, so that a message taken twice or late changes nothing.
   * @param epoch the epoch the message says (authenticated here with each wrap)
   * @returns the group key when the message brought a new one or names the one held; undefined when
   *   nothing in it leads this member to one: it is meant for others, older, or one was missed
   * @throws OpenError when a wrap under a key held here is forged; then nothing is taken
   */
  apply(epoch: number, wraps: readonly Wrap[]): { groupKey: Bytes; name: KeyName } | undefined {
    const byUnder = new Map<string, Wrap[]>();
    for (const wrap of wraps) {
      const at = byUnder.get(id(wrap.under));
      if (at === undefined) byUnder.set(id(wrap.under), [wrap]);
      else at.push(wrap);
    }
    const keys = new Map(this.#keys);
    const next: NamedKey[] = [this.#leaf, ...keys.values()];
    let current = false;
    for (let under = next.shift(); under !== undefined; under = next.shift()) {
      for (const wrap of byUnder.get(id(under)) ?? []) {
        const { node, version } = wrap.key;
        const held = node === this.#leaf.node ? this.#leaf : keys.get(node);
        if (held === undefined || version > held.version) {
          const key = { node, version, key: openWrap(this.#group, epoch, wrap, under.key) };
          keys.delete(node);
          keys.set(node, key);
          next.push(key);
        }
        if (node === ROOT && version === keys.get(ROOT)!.version) current = true;
      }
    }
    for (const node of keys.keys()) {
      if (keys.size <= MOST_KEYS) break;
      keys.delete(node);
    }
    this.#keys = keys;
    return current ? this.groupKey : undefined;
  }

  /** The same keys, to be led on without these. */
  copy(): MemberKeys {
    const { member, leaf } = this;
    const individualKey = this.#leaf.key;
    const copy = new MemberKeys({ group: this.#group, member, leaf, individualKey });
    copy.#leaf = this.#leaf; // not to be derived a second time
    copy.#keys = this.#keys;
    return copy;
  }

  /** All of it, keys in clear: whoever stores this seals it. */
  encode(): Bytes {
    const writer = new WireWriter().u8(FORMAT).raw(this.#group).text(this.member);
    const write = ({ node, version, key }: NamedKey) => writer.u32(node).u32(version).raw(key);
    write(this.#leaf);
    writer.u8(this.#keys.size);
    for (const key of this.#keys.values()) write(key);
    return writer.finish();
  }

  /** @throws SimppdError `group-keys-damaged` when `encoded` is not what {@link encode} wrote */
  static restore(encoded: Bytes): MemberKeys {
    try {
      return MemberKeys.#read(new WireReader(encoded));
    } catch (cause) {
      throw new SimppdError(
        "group-keys-damaged",
        "The keys kept of a group cannot be read; leave the group and join it again.",
        cause,
      );
    }
  }

  static #read(reader: WireReader): MemberKeys {
    const format = reader.u8();
    if (format !== FORMAT) throw new RangeError(`format ${format}, ${FORMAT} is known`);
    const group = reader.raw(GROUP_ID_LENGTH);
    const member = reader.text();
    const key = () => ({
      node: reader.u32(),
      version: reader.u32(),
      key: reader.raw(KEY_LENGTH),
    });
    const leaf = key();
    const count = reader.u8();
    if (count > MOST_KEYS) throw new RangeError(`${count} keys, at most ${MOST_KEYS}`);
    const keys = new Map<number, NamedKey>();
    for (let n = 0; n < count; n++) {
      const one = key();
      if (keys.has(one.node) || one.node === leaf.node) throw new RangeError("a key twice");
      keys.set(one.node, one);
    }
    reader.end();
    const restored = new MemberKeys({ group, member, leaf, individualKey: leaf.key });
    restored.#leaf = leaf; // not to be derived a second time
    restored.#keys = keys;
    return restored;
  }
}

function id({ node, version }: KeyName): string {
  return `${node}:${version}`;
}
