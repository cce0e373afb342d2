import { describeProperty } from "../form/model-completion";
import { datapointPublishRules, streamReason } from "../form/node-rules";
import { type Rule, type Rules, textOf } from "../form/reason";
import { completeField, completer } from "./completion";
import type { FormParts, OpenForm } from "./form";
import { makeNodeForm } from "./node-form";
import { ReportTable } from "./report-table";
import { withSubdevice } from "./subdevice-choice";

function wireStream(form: OpenForm): void {
  const field = form.field("stream");
  const text = {
    value: "str",
    label: "string",
    icon: "red/images/typedInput/az.svg",
    autoComplete: completer(form, "property"),
  };
  const types = [text, "msg", "flow", "global", "env", "jsonata"];
  field.typedInput({ default: "str", types, typeField: form.field("streamType") });
}

/** What the model says of the property that is named in the form. */
function wireProperty(form: OpenForm): FormParts {
  const slot = form.element.find("#onenet-datapoint-publish-property");
  return {
    update() {
      const isText = textOf(form.read("streamType")) === "str";
      const property = form.find()?.model?.properties.get(textOf(form.read("stream")));
      slot.text(isText && property !== undefined ? describeProperty(property) : "");
    },
  };
}

function wireReports(form: OpenForm): FormParts {
  const judge = (stream: string) => streamReason(stream, form.find);
  const table = new ReportTable(form, judge, (field) => completeField(form, field, "property"));
  return {
    update: () => table.judge(),
    save() {
      form.node["reportRules"] = table.read();
    },
  };
}

/** Node-RED's own judgement of an expression or a property's name, where the stream is found by one. */
const expression: Rule = (value, read) => {
  const [text, type] = [textOf(value), textOf(read("streamType"))];
  if (text === "" || type === "str" || type === "env") return undefined;
  const verdict = RED.utils.validateTypedProperty(text, type);
  return verdict === true ? undefined : { key: "reason.expression", params: { detail: verdict || text } };
};

const rules: Rules = withSubdevice({
  ...datapointPublishRules,
  stream: (value, read, find) =>
    datapointPublishRules["stream"]?.(value, read, find) ?? expression(value, read, find),
});

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
    const parts = [wireProperty(form), wireReports(form)];
    return {
      update(facts) {
        for (const part of parts) part.update?.(facts);
      },
      save() {
        for (const part of parts) part.save?.();
      },
    };
  },
});
