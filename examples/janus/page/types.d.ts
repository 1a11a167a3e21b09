/** The answers of the service and of Janus, as far as the page reads them. */

export interface Place {
  token: string;
  room: number;
  pin: string;
  janus: string;
}

export interface Permission {
  refused: string | null;
  rules: string[];
}

export interface Moment {
  participant: string;
  state: string;
  kind: string | null;
  ended: boolean;
  present: Record<string, { role: string; platform: string }>;
  allowed: Record<string, Permission>;
}

/** A line of the stream of moments: a moment, or a command for a local recording. */
export type Line = Moment | { local: "start" | "pause" | "resume" | "stop" };

export interface Recording {
  recording: number;
  segments: { reason: string | null; files: unknown[] }[];
}

export interface JanusMessage {
  janus: string;
  transaction?: string;
  data?: { id: number };
  error?: { reason: string };
  jsep?: RTCSessionDescriptionInit;
  plugindata?: {
    data: {
      id?: number;
      error?: string;
      publishers?: { id: number }[];
      unpublished?: number | string;
    };
  };
}
