import { publicError } from "../base/mod.ts";
import { type Camera, cameraName, type openCamera, parseCameraSpec } from "../capture/mod.ts";
import type { CallView, CameraOptions } from "../views/mod.ts";
import type { Picture } from "./picture.ts";

type View = CallView["camera"];

/**
 * The camera of one call as one flow of pictures: preview and sender share it, and it goes on
 * counting when another camera takes over. A camera that fails shows why and never ends the flow.
 */
export class CameraFeed {
  readonly #open: typeof openCamera;
  #camera: Camera | undefined;
  #view: View = { name: "", state: "off", problem: null };
  #sequence = 0;
  #closed = false;
  #switching: Promise<void> = Promise.resolve();
  #onPicture: (picture: Picture) => void = () => {};
  #onChange: () => void = () => {};

  constructor(open: typeof openCamera, options: CameraOptions) {
    this.#open = open;
    this.use(options);
  }

  /** Where pictures and news go from now on; a feed that changes hands is attached anew. */
  attach(onPicture: (picture: Picture) => void, onChange: () => void): void {
    this.#onPicture = onPicture;
    this.#onChange = onChange;
  }

  view(): View {
    return this.#view;
  }

  /** Takes another camera, after the one before is let go: it may be the same device. */
  use(options: CameraOptions): void {
    const name = cameraName(parseCameraSpec(options.camera));
    this.#show({ name, state: options.camera === "off" ? "off" : "starting", problem: null });
    this.#switching = this.#switching.then(() => this.#switch(options));
  }

  /** The camera is let go when this resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#switching;
    await this.#release();
  }

  async #switch(options: CameraOptions): Promise<void> {
    if (this.#closed) return;
    await this.#release();
    if (options.camera === "off" || this.#closed) return;
    const [width, height] = options.size.split("x").map(Number) as [number, number];
    try {
      const camera = this.#open({ spec: options.camera, width, height, fps: options.fps });
      this.#camera = camera;
      this.#follow(camera);
    } catch (error) {
      const name = cameraName(parseCameraSpec(options.camera));
      this.#show({ name, state: "no-signal", problem: publicError(error) });
    }
  }

  async #release(): Promise<void> {
    const camera = this.#camera;
    this.#camera = undefined;
    await camera?.close();
  }

  async #follow(camera: Camera): Promise<void> {
    const tell = () => {
      if (camera !== this.#camera || camera.state === "closed") return;
      this.#show({ name: camera.name, state: camera.state, problem: camera.problem });
    };
    camera.events.on(tell);
    tell();
    let last: number | undefined;
    for await (const { data, capturedAt, sequence } of camera.subscribe()) {
      if (camera !== this.#camera) return;
      // What the camera gave and we were too slow to take leaves its gap in our counting too.
      this.#sequence += last === undefined ? 1 : sequence - last;
      last = sequence;
      this.#onPicture({ data, capturedAt, sequence: this.#sequence });
    }
  }

  #show(view: View): void {
    this.#view = view;
    this.#onChange();
  }
}
