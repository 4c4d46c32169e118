import type { DisplayItemView, FileLimitsView, FileView, FileWayView } from "../views/mod.ts";
import type { AppApi, FileCommand } from "./api.ts";
import type { DisplaySource } from "./display/source.ts";
import type { AppFiles } from "./files/files.ts";
import { sourceOf } from "./files/presented.ts";
import { GroupApi } from "./group_api.ts";

/** What of the daemon's questions is about files. */
type Questions =
  | "files"
  | "file"
  | "sendFile"
  | "fileWays"
  | "changeFile"
  | "forgetFile"
  | "fileSource"
  | "showFile"
  | "fileLimits"
  | "setFileLimit"
  | "setFileRoom";

const PAGE = 100;

/** The part of a running daemon that answers about files, rooms and groups. */
export abstract class FileApi extends GroupApi implements Pick<AppApi, Questions> {
  protected abstract readonly ofFiles: AppFiles;

  files(query: Parameters<AppApi["files"]>[0] = {}): FileView[] {
    return this.ofFiles.list(query.place, query.limit ?? PAGE, query.before);
  }
  file(id: string): FileView {
    return this.ofFiles.get(id);
  }
  sendFile(input: Parameters<AppApi["sendFile"]>[0]): Promise<FileView> {
    return this.ofFiles.send(input);
  }
  fileWays(to: string): Promise<FileWayView[]> {
    return this.ofFiles.reach(to);
  }
  changeFile(id: string, command: FileCommand): Promise<FileView> {
    return this.ofFiles.command(id, command);
  }
  async forgetFile(id: string): Promise<void> {
    await this.ofFiles.forget(id);
    this.compact();
  }
  async fileSource(id: string): Promise<DisplaySource> {
    return sourceOf(this.ofFiles.get(id), await this.ofFiles.open(id));
  }
  showFile(id: string): Promise<DisplayItemView> {
    return this.ofFiles.showHere(id);
  }
  override async leaveGroup(jid: string, force = false): Promise<void> {
    await super.leaveGroup(jid, force);
    await this.ofFiles.forgetOf(jid);
  }
  override async endGroup(jid: string): Promise<void> {
    await super.endGroup(jid);
    await this.ofFiles.forgetOf(jid);
  }
  fileLimits(): FileLimitsView {
    return this.ofFiles.limits();
  }
  setFileLimit(place: string | null, bytes: number | null): FileLimitsView {
    return this.ofFiles.setLimit(place, bytes);
  }
  setFileRoom(room: Parameters<AppApi["setFileRoom"]>[0]): FileLimitsView {
    return this.ofFiles.setRoom(room);
  }
}
