/** A command's answer must not wait 40 ms behind Nagle. WebSocket streams have no such switch. */
export function setNoDelay(stream: object): void {
  const method: unknown = Reflect.get(stream, "setNoDelay");
  if (typeof method === "function") method.call(stream, true);
}
