import { openCamera } from "../capture/mod.ts";

/** What the people of an experiment show: a moving test picture. */
export const CAMERA = { camera: "test", size: "320x240", fps: 15 } as const;

/** A camera that keeps a copy of every picture it gave: what an attacker is after. */
export function filming(film: Uint8Array[]): typeof openCamera {
  return (options, deps) => {
    const camera = openCamera(options, deps);
    const frames = camera.subscribe.bind(camera);
    camera.subscribe = async function* (signal) {
      for await (const frame of frames(signal)) {
        film.push(frame.data);
        yield frame;
      }
    };
    return camera;
  };
}
