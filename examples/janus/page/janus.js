/**
 * A client of the VideoRoom over a WebSocket. When the socket closes, Janus ends the session, so
 * closing the tab is leaving the meeting.
 *
 * @module
 */

/** @import { JanusMessage, Place } from "./types.js" */

const KEEP_ALIVE = 25_000;

/**
 * @typedef {object} Listener
 * @property {() => void} closed called when the connection has ended.
 * @property {(feed: number, stream: MediaStream) => void} came called with the stream of another.
 * @property {(feed: number) => void} went called when another no longer sends.
 */

/** One session in one room: a handle to send with, and one for each of the others. */
export class RoomConnection {
  /** @type {WebSocket} */
  #socket;
  /** @type {Map<string, (message: JanusMessage) => void>} */
  #waiting = new Map();
  /** @type {Listener} */
  #listener;
  /** @type {Place} */
  #place;
  #session = 0;
  #handle = 0;
  /**
   * The connections by their handles: the own one, and those to the others.
   *
   * @type {Map<number, RTCPeerConnection>}
   */
  #peers = new Map();

  /** The id of this participant in the room. */
  feed = 0;

  /**
   * @param {WebSocket} socket an open socket.
   * @param {Place} place
   * @param {Listener} listener
   */
  constructor(socket, place, listener) {
    this.#socket = socket;
    this.#place = place;
    this.#listener = listener;
    socket.addEventListener("message", (event) => this.#received(JSON.parse(event.data)));
    const timer = setInterval(() => this.#send({ janus: "keepalive" }), KEEP_ALIVE);
    socket.addEventListener("close", () => {
      clearInterval(timer);
      for (const peer of this.#peers.values()) peer.close();
      listener.closed();
    });
  }

  /**
   * Joins a room and sends a stream into it.
   *
   * @param {Place} place
   * @param {MediaStream} stream
   * @param {Listener} listener
   */
  static async join(place, stream, listener) {
    const socket = new WebSocket(place.janus, "janus-protocol");
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("Janus does not answer.")));
    });
    const room = new RoomConnection(socket, place, listener);
    try {
      await room.#join();
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

  async #join() {
    this.#session = idOf(await this.#request({ janus: "create" }));
    // The token is the opaque id of the handle: no other participant sees it.
    this.#handle = await this.#attach({ opaque_id: this.#place.token });
    const { room, pin } = this.#place;
    const join = { request: "join", ptype: "publisher", room, pin };
    const joined = await this.#message(this.#handle, join);
    this.feed = joined.plugindata?.data.id ?? 0;
    this.#watch(joined);
  }

  /** @param {Record<string, string>} [more] */
  async #attach(more = {}) {
    const plugin = "janus.plugin.videoroom";
    return idOf(await this.#request({ janus: "attach", plugin, ...more }));
  }

  /**
   * Takes note of others who send, and who no longer do.
   *
   * @param {JanusMessage} message
   */
  #watch(message) {
    const { publishers = [], unpublished } = message.plugindata?.data ?? {};
    for (const { id } of publishers) this.#subscribe(id).catch(console.error);
    if (typeof unpublished === "number") this.#listener.went(unpublished);
  }

  /**
   * Receives the stream of another.
   *
   * @param {number} feed
   */
  async #subscribe(feed) {
    const handle = await this.#attach();
    const peer = this.#connect(handle);
    peer.addEventListener("track", ({ streams: [stream] }) => {
      if (stream) this.#listener.came(feed, stream);
    });
    const { room, pin } = this.#place;
    const join = { request: "join", ptype: "subscriber", room, pin, streams: [{ feed }] };
    const offered = await this.#message(handle, join);
    if (!offered.jsep) return;
    await peer.setRemoteDescription(offered.jsep);
    await peer.setLocalDescription();
    await this.#message(handle, { request: "start" }, peer.localDescription?.toJSON());
  }

  /** @param {number} handle */
  #connect(handle) {
    const peer = new RTCPeerConnection();
    this.#peers.set(handle, peer);
    peer.addEventListener("icecandidate", ({ candidate }) => {
      const found = candidate?.toJSON() ?? { completed: true };
      this.#send({ janus: "trickle", handle_id: handle, candidate: found });
    });
    return peer;
  }

  /** @param {MediaStream} stream */
  async #publish(stream) {
    const peer = this.#connect(this.#handle);
    for (const track of stream.getTracks()) peer.addTrack(track, stream);
    await peer.setLocalDescription();
    const offer = peer.localDescription?.toJSON();
    const answer = await this.#message(this.#handle, { request: "publish" }, offer);
    if (answer.jsep) await peer.setRemoteDescription(answer.jsep);
  }

  /**
   * @param {number} handle
   * @param {Record<string, unknown>} body
   * @param {unknown} [jsep]
   */
  async #message(handle, body, jsep) {
    const message = { janus: "message", handle_id: handle, body, ...(jsep ? { jsep } : {}) };
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
    this.#socket.send(JSON.stringify(whole));
    return transaction;
  }

  /** @param {JanusMessage} message */
  #received(message) {
    // An acknowledgement comes before the event that answers.
    if (message.janus === "ack") return;
    if (message.transaction === undefined) {
      this.#watch(message);
      return;
    }
    const answered = this.#waiting.get(message.transaction);
    this.#waiting.delete(message.transaction);
    answered?.(message);
  }
}

/** @param {JanusMessage} message */
function idOf(message) {
  return message.data?.id ?? 0;
}
