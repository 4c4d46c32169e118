import type { RoomMemberView, RoomMessageView, RoomView } from "../views/mod.ts";
import type { AppApi } from "./api.ts";
import type { AppRooms } from "./rooms.ts";

/** What of the daemon's questions is about rooms. */
type Questions =
  | "rooms"
  | "createRoom"
  | "joinRoom"
  | "answerRoom"
  | "leaveRoom"
  | "roomMembers"
  | "roomMessages"
  | "sendToRoom"
  | "correctInRoom"
  | "setRoomTyping"
  | "markRoomRead"
  | "inviteToRoom"
  | "changeRoomMember"
  | "changeRoom"
  | "destroyRoom";

/** The part of a running daemon that answers about rooms. */
export abstract class RoomApi implements Pick<AppApi, Questions> {
  protected abstract readonly ofRooms: AppRooms;
  /** Makes the files forget what was deleted. */
  protected abstract compact(): void;

  rooms(): RoomView[] {
    return this.ofRooms.known.list();
  }
  createRoom(input: Parameters<AppApi["createRoom"]>[0]): Promise<RoomView> {
    return this.ofRooms.create(input);
  }
  joinRoom(input: Parameters<AppApi["joinRoom"]>[0]): Promise<RoomView> {
    return this.ofRooms.join(input);
  }
  answerRoom(jid: string, input: Parameters<AppApi["answerRoom"]>[1]): Promise<RoomView> {
    return this.ofRooms.answer({ jid, ...input });
  }
  async leaveRoom(jid: string): Promise<void> {
    await Promise.resolve(this.ofRooms.leave(jid));
    this.compact();
  }
  roomMembers(jid: string): RoomMemberView[] {
    return this.ofRooms.members(jid);
  }
  roomMessages(jid: string, page: { before?: number; limit?: number } = {}): RoomMessageView[] {
    return this.ofRooms.known.page(jid, page);
  }
  async sendToRoom(jid: string, body: string): Promise<RoomMessageView> {
    return await Promise.resolve(this.ofRooms.send(jid, body));
  }
  correctInRoom(jid: string, id: string, body: string): Promise<RoomMessageView> {
    return this.ofRooms.correct(jid, id, body);
  }
  async setRoomTyping(jid: string, typing: boolean): Promise<void> {
    await Promise.resolve(this.ofRooms.setTyping(jid, typing));
  }
  async markRoomRead(jid: string): Promise<void> {
    await Promise.resolve(this.ofRooms.known.markRead(jid));
  }
  inviteToRoom(jid: string, contact: string, reason?: string): Promise<void> {
    return this.ofRooms.invite(jid, contact, reason);
  }
  changeRoomMember(
    jid: string,
    change: Parameters<AppApi["changeRoomMember"]>[1],
  ): Promise<void> {
    return this.ofRooms.changeMember(jid, change);
  }
  async changeRoom(jid: string, change: Parameters<AppApi["changeRoom"]>[1]): Promise<RoomView> {
    return await Promise.resolve(this.ofRooms.change(jid, change));
  }
  async destroyRoom(jid: string, reason?: string): Promise<void> {
    await this.ofRooms.destroy(jid, reason);
    this.compact();
  }
}
