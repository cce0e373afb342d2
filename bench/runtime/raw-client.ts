import { connect, type IClientOptions, type MqttClient } from "mqtt";

/** A client of MQTT.js as it comes, connected. */
export async function connectRaw(options: IClientOptions & { readonly port: number }): Promise<MqttClient> {
  const client = connect({ host: "127.0.0.1", ...options });
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
  });
  return client;
}

/** Options that make a client of MQTT.js cheap, for a bystander of the measurement. */
export const CHEAP_CLIENT = { log: () => undefined, reschedulePings: false } as const;

/** Spares a requester the 40 ms of Nagle's algorithm. */
export function setNoDelay(client: MqttClient): void {
  const method: unknown = Reflect.get(client.stream, "setNoDelay");
  if (typeof method === "function") method.call(client.stream, true);
}
