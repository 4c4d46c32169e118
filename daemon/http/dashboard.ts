import html from "../../ui/dist/index.html" with { type: "text" };
import script from "../../ui/dist/app.js" with { type: "text" };
import scanner from "../../ui/dist/scanner.js" with { type: "text" };
import pdf from "../../ui/dist/pdf.js.gz" with { type: "bytes" };
import style from "../../ui/dist/app.css" with { type: "text" };

/** The dashboard's files, as text. */
export interface Dashboard {
  html: string;
  script: string;
  style: string;
  /** Reads QR codes; fetched only when somebody scans one. */
  scanner: string;
  /** Draws PDFs in a frame of the second listener; gzipped. Without it none are drawn. */
  pdf?: Uint8Array<ArrayBuffer>;
}

/** What `deno task build` made, embedded in the executable. */
export const dashboard: Dashboard = { html, script, style, scanner, pdf };
