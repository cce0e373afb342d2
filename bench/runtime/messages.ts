import { DEVICE } from "./flows";

/** What the input messages look like. */
export type MessageKind =
  | "text"
  | "datapoint"
  | "datapoint-json"
  | "100-datapoints"
  /** The post of a hundred datapoints, as text and as an object that the node turns into text. */
  | "100-datapoints-json"
  | "100-datapoints-object"
  /** A value for each of a hundred properties, and the post of these as text. */
  | "100-properties"
  | "100-properties-json";

type Make = (n: number) => Record<string, unknown>;

/** The topic that core is told to publish ready-made properties to. */
export const PROPERTY_TOPIC = `$sys/${DEVICE.productId}/${DEVICE.deviceName}/thing/property/post`;

/** The topic that core is told to publish ready-made datapoints to. */
export const DATAPOINT_TOPIC = `$sys/${DEVICE.productId}/${DEVICE.deviceName}/dp/post/json`;

const TEXT = "a reading of 64 bytes: temperature 21.53, humidity 40 %, ok true";
const STREAMS = 10;

/** A maker of input messages; what can be made beforehand is, so that making them weighs on neither side. */
export function messageMaker(kind: MessageKind): Make {
  switch (kind) {
    case "text":
      return (n) => ({ _msgid: String(n), payload: TEXT });
    case "datapoint":
      return (n) => ({ _msgid: String(n), topic: streamOf(n), payload: readingOf(n) });
    case "datapoint-json":
      return constantly(JSON.stringify(makePost([point(0)])));
    case "100-datapoints":
      return constantly(hundredPoints());
    case "100-datapoints-json":
      return constantly(JSON.stringify(makePost(hundredPoints())));
    case "100-datapoints-object":
      return constantly(makePost(hundredPoints()));
    case "100-properties":
      return constantly(hundredProperties());
    case "100-properties-json":
      return constantly(JSON.stringify(makePropertyPost(hundredProperties())));
  }
}

function constantly(payload: unknown): Make {
  return (n) => ({ _msgid: String(n), payload });
}

interface Point {
  readonly stream: string;
  readonly value: number;
}

const STREAM_NAMES = Array.from({ length: STREAMS }, (_none, index) => `sensor_${index}`);
const streamOf = (n: number): string => STREAM_NAMES[n % STREAMS] ?? "";
const readingOf = (n: number): number => 20 + (n % 1000) / 100;
const point = (n: number): Point => ({ stream: streamOf(n), value: readingOf(1000 + n) });
const hundredPoints = (): Point[] => Array.from({ length: 100 }, (_none, n) => point(n));

const PROPERTY_NAMES = Array.from({ length: 100 }, (_none, index) => `property_${index}`);

function hundredProperties(): Record<string, number> {
  return Object.fromEntries(PROPERTY_NAMES.map((name, n) => [name, readingOf(n)]));
}

/** The thing model of these properties. */
export function hundredPropertiesModel(): string {
  const specs = { min: "-40", max: "125", step: "0.01", unit: "°C" };
  const properties = PROPERTY_NAMES.map((identifier) => ({
    identifier,
    name: identifier,
    functionType: "u",
    accessMode: "r",
    functionMode: "property",
    dataType: { type: "float", specs },
  }));
  return JSON.stringify({ version: "1.0", properties, events: [], services: [] });
}

function makePropertyPost(values: Readonly<Record<string, number>>): object {
  const time = Date.now();
  const params = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, time }]));
  return { id: "1234567890", version: "1.0", params };
}

/** What a flow without our nodes would have to build by itself. */
function makePost(points: readonly Point[]): object {
  const dp: Record<string, { v: number; t: number }[]> = {};
  const t = Math.floor(Date.now() / 1000);
  for (const { stream, value } of points) {
    const values = dp[stream] ?? [];
    dp[stream] = values;
    values.push({ v: value, t });
  }
  return { id: 1_234_567_890, dp };
}
