import { commandResponseRules, commandSubscribeRules } from "../form/node-rules";
import { textOf } from "../form/reason";
import { makeNodeForm } from "./node-form";

export const commandSubscribeForm = makeNodeForm({
  type: "onenet-command-subscribe",
  prefix: "node-input",
  rules: commandSubscribeRules,
  facts(read, find) {
    const kind = find()?.productKind;
    const isManual = read("autoAnswer") !== true;
    return {
      thingModel: kind !== "data-stream",
      dataStream: kind === "data-stream",
      sets: kind !== "data-stream" && read("receiveSets") !== false,
      manual: isManual,
      // a get is never answered by the node itself, so its deadline always counts
      deadline: isManual || (kind !== "data-stream" && read("receiveGets") === true),
      body: kind === "data-stream" && isManual && textOf(read("failureAnswer")) !== "silence",
    };
  },
  nodeLabel: (node) => textOf(node["identifiers"]),
});

export const commandResponseForm = makeNodeForm({
  type: "onenet-command-response",
  prefix: "node-input",
  rules: commandResponseRules,
  facts: (read) => ({ failure: textOf(read("outcome")) !== "success" }),
  nodeLabel: () => "",
});
