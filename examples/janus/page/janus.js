/**
 * A client of the VideoRoom over a WebSocket. When the socket closes, Janus ends the session, so
 * closing the tab is leaving the meeting.
 *
 * @module
 */

/** @import { JanusMessage, Place } from "./types.js" */

const KEEP_ALIVE = 25_000;

/** One session with one handle in one room. */
export class RoomConnection {
  /** @type {WebSocket} */
  #socket;
  /** @type {Map<string, (message: JanusMessage) => void>} */
  #waiting = new Map();
  #session = 0;
  #handle = 0;
  /** @type {RTCPeerConnection | null} */
  #peer = null;

  /** The id of this participant in the room. */
  feed = 0;

  /**
   * @param {WebSocket} socket an open socket.
   * @param {() => void} closed called when the connection has ended.
   */
  constructor(socket, closed) {
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#received(JSON.parse(event.data)));
    const timer = setInterval(() => this.#send({ janus: "keepalive" }), KEEP_ALIVE);
    socket.addEventListener("close", () => {
      clearInterval(timer);
      this.#peer?.close();
      closed();
    });
  }

  /**
   * Joins a room and sends a stream into it.
   *
   * @param {Place} place
   * @param {MediaStream} stream
   * @param {() => void} closed called when the connection has ended.
   */
  static async join(place, stream, closed) {
    const socket = new WebSocket(place.janus, "janus-protocol");
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("Janus does not answer.")));
    });
    const room = new RoomConnection(socket, closed);
    try {
      await room.#join(place);
      await room.#publish(stream);
    } catch (error) {
      room.leave();
      throw error;
    }
    return room;
  }

  /** Leaves the room. */
  leave() {
    this.#socket.close();
  }

  /** @param {Place} place */
  async #join(place) {
    this.#session = idOf(await this.#request({ janus: "create" }));
    // The token is the opaque id of the handle: no other participant sees it.
    const plugin = "janus.plugin.videoroom";
    const attach = { janus: "attach", plugin, opaque_id: place.token };
    this.#handle = idOf(await this.#request(attach));
    const { room, pin } = place;
    const joined = await this.#message({ request: "join", ptype: "publisher", room, pin });
    this.feed = joined.plugindata?.data.id ?? 0;
  }

  /** @param {MediaStream} stream */
  async #publish(stream) {
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    for (const track of stream.getTracks()) peer.addTrack(track, stream);
    peer.addEventListener("icecandidate", ({ candidate }) => {
      this.#send({ janus: "trickle", candidate: candidate?.toJSON() ?? { completed: true } });
    });
    await peer.setLocalDescription();
    const offer = peer.localDescription?.toJSON();
    const answer = await this.#message({ request: "publish" }, offer);
    if (answer.jsep) await peer.setRemoteDescription(answer.jsep);
  }

  /**
   * @param {Record<string, unknown>} body
   * @param {unknown} [jsep]
   */
  async #message(body, jsep) {
    const message = { janus: "message", body, ...(jsep ? { jsep } : {}) };
    const event = await this.#request(message);
    const error = event.plugindata?.data.error;
    if (error !== undefined) throw new Error(error);
    return event;
  }

  /**
   * @param {Record<string, unknown>} message
   * @returns {Promise<JanusMessage>}
   */
  #request(message) {
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.#send(message), (answer) => {
        if (answer.error) reject(new Error(answer.error.reason));
        else resolve(answer);
      });
    });
  }

  /**
   * @param {Record<string, unknown>} message
   * @returns {string} its transaction.
   */
  #send(message) {
    const transaction = crypto.randomUUID();
    /** @type {Record<string, unknown>} */
    const whole = { ...message, transaction };
    if (this.#session) whole.session_id = this.#session;
    if (this.#handle && message.janus !== "keepalive") whole.handle_id = this.#handle;
    this.#socket.send(JSON.stringify(whole));
    return transaction;
  }

  /** @param {JanusMessage} message */
  #received(message) {
    // An acknowledgement comes before the event that answers.
    if (message.janus === "ack" || message.transaction === undefined) return;
    const answered = this.#waiting.get(message.transaction);
    this.#waiting.delete(message.transaction);
    answered?.(message);
  }
}

/** @param {JanusMessage} message */
function idOf(message) {
  return message.data?.id ?? 0;
}
