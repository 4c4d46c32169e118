import { dirname } from "node:path";
import { steadyNow } from "../../base/mod.ts";
import type { Extension, Host } from "./host.ts";
import { UploadFolder } from "./upload/folder.ts";
import { receive } from "./upload/receive.ts";
import { CORS, serve } from "./upload/serve.ts";
import { UploadService } from "./upload/service.ts";
import { Uploads } from "./upload/uploads.ts";
import type { Exchange } from "./web/exchange.ts";

/** HTTP File Upload (XEP-0363): files of accounts, for whoever was given their URL. */
export const upload: Extension = (host) => {
  const path = folderOf(host);
  if (!host.web.enabled || path === undefined) return;
  const uploads = new Uploads(host, new UploadFolder(path));
  host.services.add(`upload.${host.domain}`, new UploadService(host, uploads));
  host.hooks.removed.on((account) => uploads.removeOf(account));
  host.hooks.swept.on(() => uploads.sweep(steadyNow()));
  host.web.route("/upload/", (exchange) => handle(uploads, exchange));
};

/** Beside the database, unless the options say where. */
function folderOf({ options }: Host): string | undefined {
  const { uploadFolder, database } = options;
  if (uploadFolder !== undefined) return uploadFolder;
  const isFile = database !== ":memory:" && !database.includes("://");
  return isFile ? `${dirname(database)}/uploads` : undefined;
}

async function handle(uploads: Uploads, exchange: Exchange): Promise<void> {
  switch (exchange.method) {
    case "PUT":
      return await receive(uploads, exchange);
    case "GET":
    case "HEAD":
      return await serve(uploads, exchange);
    case "OPTIONS":
      return exchange.answer(204, CORS);
    default:
      return exchange.say(405, "PUT, GET and HEAD it is.", {
        ...CORS,
        "allow": "OPTIONS, HEAD, GET, PUT",
      });
  }
}
