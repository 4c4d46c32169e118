import type { GroupRole, GroupSuite, GroupView, RoomMessageView } from "../views/mod.ts";
import type { AppApi, GroupInviteInput, GroupTicketInput } from "./api.ts";
import type { AppGroups } from "./groups.ts";
import { RoomApi } from "./room_api.ts";

/** What of the daemon's questions is about encrypted groups. */
type Questions =
  | "groups"
  | "createGroup"
  | "answerGroup"
  | "joinGroup"
  | "joinSpecifiedGroup"
  | "groupSuites"
  | "setGroupSuites"
  | "leaveGroup"
  | "sendToGroup"
  | "correctInGroup"
  | "setGroupTyping"
  | "inviteToGroup"
  | "expelFromGroup"
  | "withdrawFromGroup"
  | "setGroupRole"
  | "endGroup"
  | "groupSpecification";

/** The part of a running daemon that answers about rooms and groups. */
export abstract class GroupApi extends RoomApi implements Pick<AppApi, Questions> {
  protected abstract readonly ofGroups: AppGroups;

  groups(): GroupView[] {
    return this.ofGroups.list();
  }
  createGroup(input: Parameters<AppApi["createGroup"]>[0]): Promise<GroupView> {
    return this.ofGroups.create(input);
  }
  answerGroup(
    jid: string,
    answer: "accept" | "later" | "decline",
    ticket?: GroupTicketInput,
  ): Promise<GroupView> {
    return this.ofGroups.answer(jid, answer, ticket);
  }
  joinGroup(jid: string, ticket?: GroupTicketInput): Promise<GroupView> {
    return this.ofGroups.join(jid, ticket);
  }
  joinSpecifiedGroup(specification: string, ticket?: GroupTicketInput): Promise<GroupView> {
    return this.ofGroups.joinSpecified(specification, ticket);
  }
  groupSuites(): { suites: GroupSuite[] } {
    return { suites: [...this.ofGroups.suites] };
  }
  async setGroupSuites(
    jid: string | null,
    suites: readonly string[] | null,
  ): Promise<{ suites: GroupSuite[] }> {
    await Promise.resolve(this.ofGroups.setSuites(jid, suites));
    return this.groupSuites();
  }
  async leaveGroup(jid: string, force = false): Promise<void> {
    await this.ofGroups.leave(jid, force);
    this.compact();
  }
  async sendToGroup(jid: string, body: string): Promise<RoomMessageView> {
    return await Promise.resolve(this.ofGroups.send(jid, body));
  }
  correctInGroup(jid: string, id: string, body: string): Promise<RoomMessageView> {
    return this.ofGroups.correct(jid, id, body);
  }
  async setGroupTyping(jid: string, typing: boolean): Promise<void> {
    await Promise.resolve(this.ofGroups.setTyping(jid, typing));
  }
  inviteToGroup(jid: string, contact: string, input: GroupInviteInput = {}): Promise<void> {
    return this.ofGroups.deeds.invite(jid, contact, input);
  }
  expelFromGroup(jid: string, member: string): Promise<void> {
    return this.ofGroups.deeds.expel(jid, member);
  }
  withdrawFromGroup(jid: string, contact: string): Promise<void> {
    return this.ofGroups.deeds.withdraw(jid, contact);
  }
  setGroupRole(jid: string, member: string, role: GroupRole): Promise<void> {
    return this.ofGroups.deeds.setRole(jid, member, role);
  }
  async endGroup(jid: string): Promise<void> {
    await this.ofGroups.deeds.end(jid);
    this.compact();
  }
  groupSpecification(jid: string): { text: string } {
    return this.ofGroups.specification(jid);
  }
}
