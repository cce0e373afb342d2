import { datapointPublishRules } from "../form/node-rules";
import { type Rule, type Rules, textOf } from "../form/reason";
import type { OpenForm } from "./form";
import { makeNodeForm } from "./node-form";

const STREAM_TYPES = ["str", "msg", "flow", "global", "env", "jsonata"];

function wireStream(form: OpenForm): void {
  const field = form.field("stream");
  field.typedInput({ default: "str", types: STREAM_TYPES, typeField: form.field("streamType") });
}

/** Node-RED's own judgement of an expression or a property's name, where the stream is found by one. */
const expression: Rule = (value, read) => {
  const [text, type] = [textOf(value), textOf(read("streamType"))];
  if (text === "" || type === "str" || type === "env") return undefined;
  const verdict = RED.utils.validateTypedProperty(text, type);
  return verdict === true ? undefined : { key: "reason.expression", params: { detail: verdict || text } };
};

const rules: Rules = {
  ...datapointPublishRules,
  stream: (value, read, find) =>
    datapointPublishRules["stream"]?.(value, read, find) ?? expression(value, read, find),
};

export const datapointPublishForm = makeNodeForm({
  type: "onenet-datapoint-publish",
  prefix: "node-input",
  rules,
  facts(read, find) {
    const chosen = find();
    const isOneNet = chosen !== undefined && chosen.platform !== "mqtt";
    return {
      dataStream: isOneNet && chosen.productKind === "data-stream",
      thingModel: isOneNet && chosen.productKind === "thing-model",
      unacknowledged: textOf(read("qos")) === "0" && textOf(read("completeWhen")) === "acknowledged",
    };
  },
  nodeLabel(node) {
    return node["streamType"] === "str" ? textOf(node["stream"]) : "";
  },
  open(form) {
    wireStream(form);
    return {};
  },
});
