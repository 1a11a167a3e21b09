/**
 * The local recording of this client: it does as it is told, and its file stays here.
 *
 * @module
 */

/** A recording of the own camera and microphone. */
export class LocalRecording {
  #stream;
  #finished;
  /** @type {MediaRecorder | null} */
  #recorder = null;

  /**
   * @param {MediaStream} stream
   * @param {(file: Blob) => void} finished called with the file after a stop.
   */
  constructor(stream, finished) {
    this.#stream = stream;
    this.#finished = finished;
  }

  get #records() {
    return this.#recorder !== null && this.#recorder.state !== "inactive";
  }

  /** @param {"start" | "pause" | "resume" | "stop"} command */
  apply(command) {
    if (command === "start" && this.#records) {
      // A new stream of commands begins with the present state.
      return;
    }
    if (command === "start") {
      const recorder = new MediaRecorder(this.#stream);
      /** @type {Blob[]} */
      const parts = [];
      recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
      recorder.addEventListener("stop", () => {
        this.#finished(new Blob(parts, { type: recorder.mimeType }));
      });
      recorder.start();
      this.#recorder = recorder;
    } else {
      this.#recorder?.[command]();
    }
  }
}
