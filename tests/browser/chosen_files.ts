/** Files that a person chooses in the dashboard, or drops on it. @module */
import { Buffer } from "node:buffer";
import jpeg from "jpeg-js";
import type { Page } from "playwright-core";

/** A file as the person's disk has it. */
export interface ChosenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Uint8Array;
}

/** A picture of many colours, as a camera's program writes it. */
export function photo(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 4);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    data.set([x * 255 / width, y * 255 / height, (x ^ y) & 255, 255], at * 4);
  }
  return jpeg.encode({ data, width, height }, 90).data;
}

/** Chooses files by the button of the open chat or group. */
export async function choose(page: Page, files: readonly ChosenFile[]): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Send files" }).click();
  await (await chooser).setFiles(
    files.map((file) => ({ ...file, buffer: Buffer.from(file.buffer) })),
  );
}

const DROP = `({ selector, name, type, data }) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type }));
  const target = document.querySelector(selector);
  for (const what of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(what, { dataTransfer, bubbles: true, cancelable: true }));
  }
}`;

/** Drops a file on the open chat or group. */
export async function drop(page: Page, file: ChosenFile): Promise<void> {
  const { name, mimeType: type, buffer } = file;
  const data = Buffer.from(buffer).toString("base64");
  await page.locator(".composer").waitFor();
  await page.evaluate(`(${DROP})(${JSON.stringify({ selector: ".chat", name, type, data })})`);
}
