import { connectionStatusRules } from "../form/connection-status-rules";
import { textOf } from "../form/reason";
import { makeNodeForm } from "./node-form";

export const connectionStatusForm = makeNodeForm({
  type: "onenet-connection-status",
  prefix: "node-input",
  rules: connectionStatusRules,
  facts: (read) => ({ marks: textOf(read("queueHighMessages")) !== "" }),
  nodeLabel: () => "",
  open(form) {
    return {
      update() {
        const high = Number(textOf(form.read("queueHighMessages")));
        form.field("queueLowMessages").attr("placeholder", high > 0 ? String(Math.floor(high / 2)) : "");
      },
    };
  },
});
