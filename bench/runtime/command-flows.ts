import { type ConnectionChoice, coreBroker, DEVICE, type FlowNode, ourDevice, TARGET, tab } from "./flows";

const PREFIX = `$sys/${DEVICE.productId}/${DEVICE.deviceName}/cmd`;

export const commandTopics = {
  request: (id: string): string => `${PREFIX}/request/${id}`,
  requestFilter: `${PREFIX}/request/+`,
  responseFilter: `${PREFIX}/response/+`,
} as const;

export type CommandTarget =
  | { readonly kind: "core"; readonly port: number }
  | ({ readonly kind: "commands" } & ConnectionChoice);

/** Answers each command with its own body. */
export function commandFlow(target: CommandTarget): FlowNode[] {
  return target.kind === "core" ? coreFlow(target.port) : ourFlow(target);
}

const place = { z: tab.id, x: 100, y: 100 };

function coreFlow(port: number): FlowNode[] {
  const broker = coreBroker({ port });
  return [
    tab,
    broker,
    {
      ...place,
      id: TARGET,
      type: "mqtt in",
      topic: commandTopics.requestFilter,
      qos: "1",
      datatype: "utf8",
      broker: broker.id,
      inputs: 0,
      wires: [["turn"]],
    },
    {
      ...place,
      id: "turn",
      type: "change",
      rules: [
        { t: "change", p: "topic", pt: "msg", from: "/request/", fromt: "str", to: "/response/", tot: "str" },
      ],
      wires: [["answer"]],
    },
    {
      ...place,
      id: "answer",
      type: "mqtt out",
      topic: "",
      qos: "1",
      retain: "",
      broker: broker.id,
      wires: [],
    },
  ];
}

function ourFlow(choice: ConnectionChoice): FlowNode[] {
  const device = ourDevice(choice);
  return [
    tab,
    device,
    { ...place, id: TARGET, type: "onenet-command-subscribe", connection: device.id, wires: [["answer"]] },
    { ...place, id: "answer", type: "onenet-command-response", wires: [[]] },
  ];
}
