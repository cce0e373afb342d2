import { desiredRules } from "../form/desired-rules";
import { modelPoints } from "../form/model-points";
import { textOf } from "../form/reason";
import { wireIdentifierList } from "./identifier-list";
import { makeNodeForm } from "./node-form";
import { typeText } from "./texts";

export const desiredForm = makeNodeForm({
  type: "onenet-desired",
  prefix: "node-input",
  rules: desiredRules,
  facts(read, find) {
    const action = textOf(read("action"));
    const gets = action !== "delete" || read("afterLogin") !== false;
    return {
      get: action !== "delete",
      delete: action !== "get",
      gets,
      applies: gets && textOf(read("apply")) !== "no",
      model: find()?.model !== undefined,
    };
  },
  nodeLabel: (node) => textOf(node["identifiers"]),
  open(form) {
    const settable = () => {
      const model = form.find()?.model;
      if (model === undefined) return [];
      return modelPoints(model, typeText(form.translate)).filter((point) => point.settable);
    };
    wireIdentifierList(form, "onenet-desired-model", settable);
    return {};
  },
});
