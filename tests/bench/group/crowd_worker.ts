/**
 * Runs some members of a crowd in a thread of their own; told what to do by {@link CrowdThread}.
 * @module
 */
/// <reference lib="webworker" />
import { parseSpecification } from "../../../daemon/group/mod.ts";
import { CrowdMember } from "./crowd_member.ts";
import type { Asked, Said, ThreadOptions } from "./crowd_thread.ts";

const self = globalThis as unknown as DedicatedWorkerGlobalScope;
const members = new Map<string, CrowdMember>();
const say = (said: Said) => self.postMessage(said);

function begin({ names, target, password, specification, keyServer }: ThreadOptions): void {
  const parsed = parseSpecification(specification);
  for (const name of names) {
    const member = new CrowdMember(
      name,
      { ...target, password: () => password[name]! },
      parsed,
      {
        keyServer,
        control: ({ proved }) => ({
          send: (_, payload) => {
            say({ kind: "request", name, proved, payload });
            return Promise.resolve();
          },
        }),
      },
    );
    member.onEpoch = (epoch) => say({ kind: "epoch", name, epoch });
    member.onText = (text) => say({ kind: "text", name, text });
    member.onRefused = (cause) => say({ kind: "refused", name, cause });
    members.set(name, member);
  }
}

async function run(asked: Exclude<Asked, ThreadOptions>): Promise<void> {
  const member = members.get(asked.name)!;
  switch (asked.kind) {
    case "answer":
      return member.group.receive(asked.from, asked.payload);
    case "publish":
      return member.publish(asked.payload);
    case "say":
      return member.say(asked.text);
    case "make":
      return await member.make(asked.room, asked.most);
    case "enter":
      return await member.enter(asked.room);
    case "join":
      return await member.group.join();
    case "leave":
      return await member.group.leave();
    case "close":
      return await member.close();
  }
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  if (data.kind === "begin") return begin(data);
  const { id } = data;
  run(data).then(
    () => say({ kind: "done", id, error: null }),
    (error) => say({ kind: "done", id, error: String(error) }),
  );
};
