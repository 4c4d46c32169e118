import { SimppdError, sizeText } from "../../base/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import {
  type Downloaded,
  type DownloadOptions,
  getFile,
  putFile,
  type TransferOptions,
} from "./https_transfer.ts";
import { type OwnServer, portAtOwn } from "./web_address.ts";

/** Headers a slot may ask for (XEP-0363 section 4); any other is left out. */
const HEADERS = new Set(["authorization", "cookie", "expires"]);
const MAX_HEADER = 4_096;
const MAX_SERVICES = 20;
const MAX_PORTS = 8;
/** What the server answered is asked again after so long, in ms, and in every new session. */
const KEPT = 600_000;

/** Where files are taken. */
export interface UploadService {
  readonly jid: string;
  /** The largest file; undefined when it does not say. */
  readonly maxBytes: number | undefined;
}

/** A file to be sent. */
export interface UploadFile {
  readonly name: string;
  readonly size: number;
  readonly type?: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Where a file goes, and where it is then. */
export interface UploadSlot {
  readonly put: string;
  readonly get: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** HTTP File Upload (XEP-0363). What is sent is as it is given: seal it before. */
export class HttpUpload {
  readonly #client: XmppClient;
  readonly #own: OwnServer;
  /** Ports at which our own server takes files and hands them out, as its slots name them. */
  readonly #ports = new Set<number>();
  #learning: Promise<void> | undefined;
  #found: { readonly at: number; readonly service: Promise<UploadService | undefined> } | undefined;

  constructor(client: XmppClient, own: OwnServer) {
    this.#client = client;
    this.#own = own;
    client.hooks.online(() => this.#forget());
  }

  /**
   * The server's service; undefined when it has none. The answer is kept for some minutes of a
   * session, so that many files do not ask as often. @throws StanzaError, SimppdError
   */
  find(): Promise<UploadService | undefined> {
    const now = performance.now();
    if (this.#found === undefined || now - this.#found.at > KEPT) {
      const found = { at: now, service: this.#find() };
      this.#found = found;
      found.service.catch(() => {
        if (this.#found === found) this.#forget();
      });
    }
    return this.#found.service;
  }

  #forget(): void {
    this.#found = undefined;
  }

  async #find(): Promise<UploadService | undefined> {
    const query = el("query", { xmlns: NS.discoItems });
    const domain = this.#client.jid.domain;
    const answer = await this.#client.iq(el("iq", { type: "get" }, query), { to: domain });
    const items = answer.getChild("query", NS.discoItems)?.getChildren("item") ?? [];
    const jids = items.slice(0, MAX_SERVICES).flatMap(({ attrs }) => {
      const jid = Jid.tryParse(attrs.jid);
      return jid === undefined ? [] : [jid.toString()];
    });
    for (const jid of [...jids, domain]) {
      const service = await this.#ask(jid);
      if (service !== undefined) return service;
    }
    return undefined;
  }

  /**
   * Asks for a slot.
   * @throws SimppdError `upload-too-large`, `upload-refused`, `bad-upload-slot`
   */
  async slot(service: UploadService, file: Omit<UploadFile, "bytes">): Promise<UploadSlot> {
    const { name, size, type } = file;
    if (service.maxBytes !== undefined && size > service.maxBytes) throw tooLarge(service.maxBytes);
    const request = el("request", {
      xmlns: NS.upload,
      filename: name,
      size: String(size),
      "content-type": type,
    });
    try {
      const answer = await this.#client.iq(el("iq", { type: "get" }, request), { to: service.jid });
      const slot = readSlot(answer);
      for (const url of [slot.put, slot.get]) {
        const port = portAtOwn(url, this.#own);
        if (port !== undefined && this.#ports.size < MAX_PORTS) this.#ports.add(port);
      }
      return slot;
    } catch (error) {
      // Its bounds may be others by now, or it may have moved.
      this.#forget();
      throw error instanceof StanzaError ? refusal(error) : error;
    }
  }

  /**
   * Sends a file.
   * @returns the URL it is at
   * @throws SimppdError `upload-unavailable`, those of {@link slot}, `upload-failed`, and of the
   * connection; the reason of `signal`
   */
  async upload(file: UploadFile, options: TransferOptions = {}): Promise<string> {
    const service = await this.find();
    if (service === undefined) {
      throw new SimppdError("upload-unavailable", "Your server does not take files.");
    }
    const { put, get, headers } = await this.slot(service, file);
    options.signal?.throwIfAborted();
    const type = file.type ?? "application/octet-stream";
    const status = await putFile(
      put,
      this.#own,
      { ...headers, "content-type": type },
      file,
      options,
    );
    if (status === 200 || status === 201) return get;
    throw new SimppdError(
      "upload-failed",
      status === 507
        ? "The disk of your server is full."
        : `Your server did not take the file (HTTP ${status}).`,
    );
  }

  /**
   * Fetches a file that somebody named. At our own server, which may be this machine, only where it
   * has files: nobody makes us knock at its other doors.
   * @throws SimppdError see {@link getFile}
   */
  async download(
    url: string,
    maxBytes: number,
    sink: (bytes: Uint8Array) => void | Promise<void>,
    options: DownloadOptions = {},
  ): Promise<Downloaded> {
    const port = portAtOwn(url, this.#own);
    if (port !== undefined && !await this.#hasFilesAt(port)) {
      throw new SimppdError("bad-url", "Your server has no files at this place.");
    }
    options.signal?.throwIfAborted();
    return await getFile(url, this.#own, maxBytes, sink, options);
  }

  async #hasFilesAt(port: number): Promise<boolean> {
    if (this.#ports.size === 0) await (this.#learning ??= this.#learn());
    // Where it names none, as when our room there is full, no door of the system's.
    return this.#ports.size === 0 ? port === 443 || port >= 1_024 : this.#ports.has(port);
  }

  /** Asks for a slot that is left unused: it says where files are. */
  async #learn(): Promise<void> {
    try {
      const service = await this.find();
      if (service !== undefined) await this.slot(service, { name: "sealed.bin", size: 1 });
    } catch (error) {
      if (!(error instanceof SimppdError)) throw error;
    } finally {
      this.#learning = undefined;
    }
  }

  async #ask(jid: string): Promise<UploadService | undefined> {
    try {
      const query = el("query", { xmlns: NS.discoInfo });
      const answer = await this.#client.iq(el("iq", { type: "get" }, query), { to: jid });
      const info = answer.getChild("query", NS.discoInfo);
      const features = info?.getChildren("feature") ?? [];
      if (!features.some(({ attrs }) => attrs.var === NS.upload)) return undefined;
      return { jid, maxBytes: maxBytesOf(info!) };
    } catch (error) {
      if (error instanceof StanzaError) return undefined;
      throw error;
    }
  }
}

function maxBytesOf(info: Element): number | undefined {
  for (const form of info.getChildren("x", NS.dataForms)) {
    const value = (name: string) =>
      form.getChildren("field").find(({ attrs }) => attrs.var === name)?.getChildText("value");
    const most = value("max-file-size");
    if (value("FORM_TYPE") === NS.upload && /^\d{1,15}$/.test(most ?? "")) return Number(most);
  }
  return undefined;
}

function readSlot(answer: Element): UploadSlot {
  const slot = answer.getChild("slot", NS.upload);
  const [put, get] = [slot?.getChild("put"), slot?.getChild("get")?.attrs.url];
  const url = put?.attrs.url;
  if (url === undefined || get === undefined || !isHttps(url) || !isHttps(get)) {
    throw new SimppdError("bad-upload-slot", "Your server offered no https place for the file.");
  }
  const headers: Record<string, string> = {};
  for (const header of put!.getChildren("header")) {
    const name = header.attrs.name?.toLowerCase() ?? "";
    const value = header.getText().replace(/[\r\n]/g, "");
    // Printable ASCII: nothing that would become another header.
    if (HEADERS.has(name) && value.length <= MAX_HEADER && /^[\x20-\x7e]*$/.test(value)) {
      headers[name] = value;
    }
  }
  return { put: url, get, headers };
}

function isHttps(url: string): boolean {
  return URL.parse(url)?.protocol === "https:";
}

function tooLarge(most: number): SimppdError {
  return new SimppdError("upload-too-large", `Your server takes files of up to ${sizeText(most)}.`);
}

function refusal(error: StanzaError): SimppdError {
  if (error.condition === "not-acceptable") {
    return new SimppdError("upload-too-large", "The file is too large for your server.", error);
  }
  if (error.condition === "resource-constraint") {
    return new SimppdError(
      "upload-refused",
      "Your server has no room for this file at the moment; try later.",
      error,
    );
  }
  return new SimppdError("upload-refused", "Your server does not want this file.", error);
}
