import { encodeHistoryPost, encodePackPost, parseHistoryPost, parsePackPost } from "../protocol/batch";
import type { Datapoint } from "../protocol/datapoint";
import { DensePoints, type Points } from "../protocol/dense-points";
import { encodeEventPost, parseEventPost } from "../protocol/event";
import { encodePropertyPost, parsePropertyPost } from "../protocol/property";
import { type DeviceIdentity, topics } from "../protocol/topic";
import type { Publish } from "./message";
import type { Pack, PackPart } from "./pack";
import { packPost } from "./packer";

/** How datapoints go to a thing-model product; a topic is called so. */
export type ThingForm = "property-post" | "event-post" | "pack-post" | "history-post";

interface Codec {
  readonly encode: (messageId: number, ...lists: readonly Points[]) => Buffer;
  readonly parse: (payload: Buffer) => { readonly points: readonly Datapoint[] } | object;
}

const CODECS: Readonly<Record<ThingForm, Codec>> = {
  "property-post": { encode: encodePropertyPost, parse: parsePropertyPost },
  "event-post": { encode: encodeEventPost, parse: parseEventPost },
  "pack-post": { encode: encodePackPost, parse: parsePackPost },
  "history-post": { encode: encodeHistoryPost, parse: parseHistoryPost },
};

/** The plainest form for datapoints of which no identifier stands twice. */
export function singleForm(parts: readonly PackPart[]): ThingForm {
  let form: ThingForm | undefined;
  for (const { points } of parts) {
    const own = formOf(points);
    if (own === undefined) continue;
    if (own === "pack-post" || (form !== undefined && form !== own)) return "pack-post";
    form = own;
  }
  return form ?? "property-post";
}

function formOf(points: Points): ThingForm | undefined {
  if (points instanceof DensePoints) return "property-post";
  let form: ThingForm | undefined;
  for (const { device, event } of points) {
    const own = event ? "event-post" : "property-post";
    if (device !== undefined || (form !== undefined && form !== own)) return "pack-post";
    form = own;
  }
  return form;
}

/** The posts of one device. */
export class ThingPosts {
  readonly #topics: Readonly<Record<ThingForm, string>>;

  constructor(device: DeviceIdentity) {
    this.#topics = {
      "property-post": topics.propertyPost(device),
      "event-post": topics.eventPost(device),
      "pack-post": topics.packPost(device),
      "history-post": topics.historyPost(device),
    };
  }

  pack(form: ThingForm, parts: readonly PackPart[], messageId: number): Pack {
    return packPost(this.#topics[form], parts, messageId, CODECS[form].encode);
  }

  formOf({ topic }: Publish): ThingForm | undefined {
    return FORMS.find((form) => this.#topics[form] === topic);
  }

  /** The datapoints in a post of any form. */
  unpack(publish: Publish): readonly Datapoint[] {
    const form = this.formOf(publish);
    if (form === undefined) return [];
    const post = CODECS[form].parse(Buffer.from(publish.payload));
    return "points" in post ? post.points : [];
  }
}

const FORMS: readonly ThingForm[] = ["property-post", "event-post", "pack-post", "history-post"];
